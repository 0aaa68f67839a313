import TandemTree

@testable import TandemProtocol

/// One message of each kind, by the name it has in docs/PROTOCOL.md.
enum Samples {
    static let pair = PairID(high: 0x1010_1010_1010_1010, low: 0x1010_1010_1010_1010)
    static let kept = LineagePoint(generation: 7, token: token(0xa7))
    static let next = LineagePoint(generation: 8, token: token(0xa8))
    static let hello = Hello(
        pair: pair,
        purpose: .push,
        claim: LineageClaim(kept, intent: next.token),
        rules: digest(0xcc),
        client: "tandem 1.0"
    )
    static let welcome = Welcome(
        version: Limits.version,
        session: 5,
        lineage: .ended(kept, next: next.token),
        rulesKnown: true,
        stagedBytes: 4_096,
        credit: 16_777_216,
        freeBytes: 1_073_741_824,
        receiver: "receiver 1.0"
    )
    static let place = ShelfPlace(item: Array("9f".utf8), path: path("src/a"))

    static func token(_ byte: UInt8) -> LineageToken {
        let half = UInt64(byte) * 0x0101_0101_0101_0101
        return LineageToken(high: half, low: half)
    }

    static func digest(_ byte: UInt8) -> Digest {
        Digest(bytes: repeatElement(byte, count: 32)) ?? .zero
    }

    static func path(_ text: String) -> RelativePath {
        RelativePath(trusted: Array(text.utf8))
    }

    static func file(_ size: UInt64, _ byte: UInt8 = 0x11, executable: Bool = false) -> EntryState {
        .file(digest(byte), size: size, executable: executable)
    }

    static let changes = [
        Change(path: path("a"), expected: nil, new: .directory),
        Change(path: path("a/f"), expected: file(5), new: file(6, 0x22, executable: true)),
        Change(
            path: path("a/l"),
            expected: nil,
            new: EntryState(kind: .link, size: 3, digest: digest(0x33)),
            linkTarget: Array("../".utf8)
        ),
        Change(
            path: path("m"),
            expected: nil,
            new: EntryState(kind: .directory, digest: digest(0x44)),
            source: .move(path("old"))
        ),
        Change(path: path("z"), expected: file(0, 0x55), new: nil),
    ]

    static func pack(_ records: [(UInt32, UInt64, String)]) throws -> DataPack {
        var body: [UInt8] = []
        for (id, offset, text) in records {
            body.appendVarint(id)
            body.appendVarint(offset)
            body.appendFixed32(UInt32(text.utf8.count))
            body.append(contentsOf: text.utf8)
        }
        var payload: [UInt8] = [0]
        payload.appendFixed32(UInt32(body.count))
        return try DataPack(decoding: payload + body)
    }

    static func laptop() throws -> [(name: String, message: LaptopMessage)] {
        [
            ("Hello", .hello(hello)),
            ("Rules", .rules(RulesChunk(bytes: Array("abc".utf8), last: true))),
            ("Compare", .compare),
            ("List", .list([.root, path("src")])),
            ("Begin", .begin(Begin(point: next, changes: 3, contentBytes: 300, askFirst: false))),
            ("Changes", .changes(ChangeRun(firstID: 0, changes: changes))),
            ("Data", .data(try pack([(1, 0, "hi"), (2, 128, "!")]))),
            ("End", .end(changes: 3)),
            ("AppliedQuery", .appliedQuery),
            ("Commit", .commit(next)),
            ("ShelfList", .shelfList(path("src"))),
            ("ShelfRestore", .shelfRestore(place)),
            ("Watch", .watch),
            ("Drain", .drain),
            (
                "Fetch",
                .fetch(
                    Fetch(
                        firstID: 0,
                        items: [.init(path: path("src/a"), state: file(5))],
                        last: true
                    )
                )
            ),
            ("Grant", .grant(524_288)),
            ("Times", .times([path("src/a"), path("src/b")])),
            ("Ping", .ping(150)),
            ("Pong", .pong(150)),
            ("Bye", .bye),
        ]
    }

    static func vm() throws -> [(name: String, message: VMMessage)] {
        [
            ("Welcome", .welcome(welcome)),
            ("RootTree", .rootTree(RootTree(digest: digest(0xaa), entries: 1_000, complete: true))),
            ("Listing", .listing(listing)),
            ("Need", .need(Need(ranges: [1..<3, 7..<8], last: true))),
            ("Credit", .credit(524_288)),
            ("Progress", .progress(Progress(stagedFiles: 3, stagedBytes: 300, applied: 0))),
            ("Outcome", .outcome(outcome)),
            ("Ended", .ended(Ended(generation: 8, applied: 3, root: digest(0xaa)))),
            ("Applied", .applied(Applied(items: [created("a")], last: true))),
            ("Committed", .committed(generation: 8)),
            ("ShelfItems", .shelfItems(ShelfItems(items: [shelved], last: true))),
            ("Restored", .restored(place)),
            ("Failure", .failure(Failure(.occupied, "in a", path: path("src/a")))),
            ("Observed", .observed(observed)),
            ("Content", .content(try pack([(0, 0, "hi")]))),
            ("Fetched", .fetched(items: 1)),
            ("Drained", .drained),
            ("Notice", .notice(WatchNotice(.limited, text: "polled"))),
            ("Modified", .modified([1_000_000_000, nil])),
            ("Ping", .ping(150)),
            ("Pong", .pong(150)),
            ("Bye", .bye),
        ]
    }

    static let observed = Observed(
        items: [
            .init(path: path("src/a"), state: file(5)), .init(path: path("src/b"), state: nil),
        ],
        last: true,
        root: digest(0xaa),
        complete: true
    )
    static let listing = Listing(
        path: path("src"),
        end: .complete,
        items: [
            ListingItem(name: Array("a".utf8), state: .directory),
            ListingItem(name: Array("b".utf8), state: file(5)),
        ]
    )
    static let outcome = [
        OutcomeItem(id: 1, reason: .changed, found: file(7, 0x66)),
        OutcomeItem(id: 4, reason: .noParent, found: nil),
    ]
    static let shelved = ShelfEntry(
        item: Array("9f".utf8),
        path: path("src/a"),
        state: file(5),
        shelvedAt: 1_000_000_000,
        live: true
    )

    static func created(_ text: String) -> Difference {
        Difference(path: path(text), old: nil, new: .directory)
    }
}
