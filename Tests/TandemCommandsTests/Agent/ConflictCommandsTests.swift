import Foundation
import Synchronization
import TandemControl
import TandemStore
import TandemTree
import Testing

@testable import TandemCommands

struct ConflictCommandsTests {
    private let playground: Playground
    private let shop: PairEntry
    private let catalogue: MemoryCatalogue
    private let agent: FakeAgent
    private let time = ManualTime()

    init() throws {
        playground = try Playground()
        shop = try playground.entry("shop")
        let now = time.wall
        catalogue = MemoryCatalogue(
            [shop],
            conflicts: [
                ConflictRecord(
                    conflict: try Self.conflict("src/config.yml", "port: 1\n", "port: 2\n"),
                    number: 1,
                    firstSeen: now - 60_000_000_000,
                    generation: 12,
                    laptopModified: now - 120_000_000_000,
                    vmModified: now - 180_000_000_000
                ),
                ConflictRecord(
                    conflict: try Self.conflict("docs/plan.md", "new plan\n", nil),
                    number: 3,
                    firstSeen: now - 7_200_000_000_000,
                    generation: 12
                ),
            ]
        )
        agent = FakeAgent([.sample(shop, now: now)])
    }

    private static func conflict(
        _ name: String,
        _ laptop: String?,
        _ vm: String?
    ) throws -> Conflict {
        Conflict(
            path: try path(name),
            base: .text("base"),
            laptop: laptop.map { .text($0) },
            vm: vm.map { .text($0) },
            reason: vm == nil || laptop == nil ? .removedAndChanged : .bothModified
        )
    }

    /// Lets the agent hold these contents, and settle what it is asked to.
    private func hold(_ contents: [String: [UInt8]]) {
        let catalogue = catalogue
        let shop = shop
        agent.state.withLock { state in
            state.answers = { request in
                switch request {
                case .contents(_, let path, let side, _):
                    let bytes = contents["\(side):\(path.path)"]
                    return .contents(
                        ContentAnswer(base64: bytes.map { Data($0).base64EncodedString() })
                    )
                case .resolve(_, let settlements, _):
                    let settled = Set(settlements.map(\.path.path))
                    let left = catalogue.conflicts(of: shop)
                        .filter { !settled.contains($0.conflict.path) }
                    return .conflicts(left.map(Self.open))
                default: return nil
                }
            }
        }
    }

    private static func open(_ record: ConflictRecord) -> OpenConflict {
        OpenConflict(
            number: record.number,
            path: WirePath(record.conflict.path),
            reason: record.conflict.reason.rawValue,
            base: nil,
            laptop: nil,
            vm: nil,
            firstSeen: record.firstSeen,
            generation: record.generation
        )
    }

    private func tandem(_ arguments: String...) -> (code: ExitCode, output: String, errors: String)
    {
        let record = ConsoleRecord()
        let context = playground.context(record, catalogue: catalogue, agent: agent, time: time)
        let code = CommandProgram.run(arguments, in: context)
        return (code, record.output, record.errors)
    }

    private var settled: [Settlement] {
        agent.asked.flatMap { request -> [Settlement] in
            guard case .resolve(_, let settlements, _) = request else { return [] }
            return settlements
        }
    }

    @Test func `the list shows number, path, kind and both sides`() throws {
        let list = tandem("conflicts")
        #expect(list.code == .attention)
        try Golden.check(list.output, "conflicts.txt")
    }

    @Test func `the time of each side stands in what is shown and in JSON`() throws {
        hold(["laptop:src/config.yml": [1], "vm:src/config.yml": [2]])
        let show = tandem("conflicts", "show", "1").output
        #expect(show.contains("laptop: file, 8 B, changed 2 min ago"), "\(show)")
        #expect(show.contains("vm: file, 8 B, changed 3 min ago"), "\(show)")
        let json = tandem("conflicts", "--json").output
        #expect(
            json.contains("\"vmModified\" : \"\(JSONDocument.time(time.wall - 180_000_000_000))\"")
        )
    }

    @Test func `what was never shown is not settled`() {
        hold([:])
        let early = tandem("conflicts", "resolve", "1", "--keep", "laptop")
        #expect(early.code == .attention)
        #expect(early.errors.contains("was never shown"))
        #expect(settled.isEmpty)
    }

    @Test func `a number settles one, with the versions that were listed`() throws {
        hold([:])
        #expect(tandem("conflicts").code == .attention)
        let resolve = tandem("conflicts", "resolve", "3", "--keep", "vm")
        #expect(resolve.code == .done, "\(resolve.errors)")
        #expect(resolve.output == "settled 3  docs/plan.md\n1 conflict left\n")
        #expect(settled.map(\.keep) == [.vm])
        #expect(settled.first?.laptop?.state == EntryState.text("new plan\n"))
        #expect(settled.first?.vm == nil)
    }

    @Test func `a side that changed after it was listed is looked at again first`() throws {
        hold([:])
        #expect(tandem("conflicts").code == .attention)
        catalogue.change(try Self.conflict("src/config.yml", "port: 9\n", "port: 2\n"))
        let resolve = tandem("conflicts", "resolve", "1", "--keep", "laptop")
        #expect(resolve.code == .attention)
        #expect(resolve.errors.contains("changed since it was shown"))
        #expect(settled.isEmpty)
        #expect(tandem("conflicts", "diff", "1").code == .attention)
        #expect(tandem("conflicts", "resolve", "1", "--keep", "laptop").code == .done)
        #expect(settled.first?.laptop?.state == EntryState.text("port: 9\n"))
    }

    @Test(
        arguments: [
            (["**/*.yml"], [1]), (["docs/"], [3]), (["*"], [1, 3]), (["/config.yml"], []),
            (["3", "src/**"], [1, 3]), (["2"], []), (["plan.md", "9"], []),
        ]
    )
    func `a pattern is one of gitignore, and a word that means none is refused`(
        _ words: [String],
        _ numbers: [Int]
    ) throws {
        let records = catalogue.conflicts(of: shop)
        let found = try? ConflictSelection(words).choose(from: records).map(\.number)
        #expect((found ?? []) == numbers)
    }

    @Test func `a diff is what diff -u says, laptop first`() throws {
        hold([
            "laptop:src/config.yml": Array("a\nb\tx\nc".utf8),
            "vm:src/config.yml": Array("a\nB\nc\n".utf8),
        ])
        let diff = tandem("conflicts", "diff", "1")
        #expect(
            diff.output == """
                --- laptop/src/config.yml
                +++ vm/src/config.yml
                @@ -1,3 +1,3 @@
                 a
                -b       x
                +B
                 c
                \\ no line feed at the end on the laptop

                """
        )
    }

    @Test func `contents reach a terminal as text only`() {
        hold([
            "laptop:src/config.yml": Array("\u{1B}]0;owned\u{7}\u{9B}2J\u{202E}x\r\n".utf8),
            "vm:src/config.yml": [0, 1, 2],
        ])
        for verb in ["show", "diff"] {
            let said = tandem("conflicts", verb, "1")
            for scalar in said.output.unicodeScalars {
                let isPlain = scalar == "\n" || (0x20..<0x7F).contains(scalar.value)
                #expect(isPlain || "●…".unicodeScalars.contains(scalar), "\(verb): \(said.output)")
            }
        }
        let show = tandem("conflicts", "show", "1").output
        #expect(show.contains(#"\x1b]0;owned\x07"#))
        #expect(show.contains("(binary, 3 B)"))
        #expect(tandem("conflicts", "diff", "1").output.hasPrefix("binary, or no file"))
    }

    @Test func `a side that deleted it has nothing to show`() {
        hold(["laptop:docs/plan.md": Array("new plan\n".utf8)])
        let show = tandem("conflicts", "show", "3").output
        #expect(show.contains("vm: nothing there"))
        #expect(show.contains("  new plan\n"))
        #expect(tandem("conflicts", "diff", "3").output.hasSuffix("@@ -1 +0,0 @@\n-new plan\n"))
    }

    @Test func `numbers that are not there, and no agent, are said plainly`() {
        let missing = tandem("conflicts", "show", "2")
        #expect(missing.code == .failed)
        #expect(missing.errors.contains("shop has no conflict 2"))
        agent.state.withLock { $0.isRunning = false }
        #expect(tandem("conflicts").code == .attention)
        let alone = tandem("conflicts", "show", "1")
        #expect(alone.code == .unreachable)
        #expect(alone.errors.contains("next: tandem up shop"))
    }

    @Test func `the list as JSON has the states of both sides`() throws {
        struct Document: Decodable {
            struct Item: Decodable {
                struct State: Decodable { var digest: String }

                var number: Int
                var path: String
                var laptop: State?
                var vm: State?
            }

            var conflicts: [Item]
        }
        let output = tandem("conflicts", "list", "--json").output
        let document = try JSONDecoder().decode(Document.self, from: Data(output.utf8))
        #expect(document.conflicts.map(\.number) == [1, 3])
        #expect(document.conflicts.last?.vm == nil)
        let digest = try #require(catalogue.conflicts(of: shop).last?.conflict.laptop?.digest.hex)
        #expect(document.conflicts.last?.laptop?.digest == digest)
    }
}
