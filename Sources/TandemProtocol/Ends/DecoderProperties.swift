import TandemTree

/// What must hold for any bytes at all: run by the fuzzers, and by the tests over the corpus.
///
/// Each function returns, whatever the bytes are; a trap is the finding.
package enum DecoderProperties {
    private static let pair = PairID(high: 1, low: 2)
    private static let point = LineagePoint(
        generation: 1,
        token: LineageToken(high: 3, low: 4)
    )

    /// Bytes from a laptop: bare, or (first byte odd) behind a Hello, a Welcome and a Begin.
    package static func laptopToVM(_ bytes: [UInt8]) {
        var end = VMEnd(now: 0)
        if let first = bytes.first, !first.isMultiple(of: 2) { open(&end) }
        feed(bytes.dropFirst()) { piece throws(ProtocolError) in
            for event in try end.receive(piece, now: 1) {
                guard case .message(let message) = event else { continue }
                checkRoundTrip(message)
            }
        }
    }

    /// Bytes from a vm, behind the greeting; with a session open and requests asked if the first
    /// byte is odd.
    package static func vmToLaptop(_ bytes: [UInt8]) {
        var end = LaptopEnd(now: 0)
        if let first = bytes.first, !first.isMultiple(of: 2) { open(&end) }
        feed(bytes.dropFirst()) { piece throws(ProtocolError) in
            for event in try end.receive(piece, now: 1) {
                guard case .message(let message) = event else { continue }
                checkRoundTrip(message)
            }
        }
    }

    /// The payload of a Data frame.
    package static func dataPack(_ bytes: [UInt8]) {
        guard let pack = try? DataPack(decoding: bytes) else { return }
        precondition(pack.cost <= Limits.rawPack && pack.contentBytes < pack.cost)
        for record in pack.records {
            unsafe pack.withContent(of: record) { content in
                precondition(content.count == record.range.count)
            }
        }
    }

    /// A stored tree, as it is and with its checksum put right, which no mutation would hit.
    package static func tree(_ bytes: [UInt8]) {
        for stored in [bytes, withTreeChecksum(bytes)] {
            guard let tree = try? Tree(decoding: stored) else { continue }
            let again = try? Tree(decoding: tree.encode())
            precondition(again?.rootDigest == tree.rootDigest && again?.count == tree.count)
        }
    }

    /// An encoded rule set, and what its patterns say of a name.
    package static func rules(_ bytes: [UInt8]) {
        guard let rules = try? RuleSet(decoding: bytes) else { return }
        precondition((try? RuleSet(decoding: rules.encode())) == rules)
        var matcher = IgnoreMatcher(rules: rules)
        _ = matcher.isIgnored(name: Array("build.log".utf8), isDirectory: false)
        matcher.enter(directory: Array("src".utf8))
        _ = matcher.isIgnored(name: Array(bytes.suffix(16)), isDirectory: true)
        matcher.leave()
    }

    private static func withTreeChecksum(_ bytes: [UInt8]) -> [UInt8] {
        let checksum = 24..<56
        guard bytes.count >= checksum.upperBound else { return bytes }
        var repaired = bytes
        let rest = bytes[..<checksum.lowerBound] + bytes[checksum.upperBound...]
        repaired.replaceSubrange(checksum, with: ContentHasher.digest(of: Array(rest)).bytes)
        return repaired
    }
}

extension DecoderProperties {
    /// Gives the bytes whole or in pieces, as their first byte says, until the first error.
    private static func feed(
        _ bytes: ArraySlice<UInt8>,
        _ receive: (ArraySlice<UInt8>) throws(ProtocolError) -> Void
    ) {
        let size = max(1, Int(bytes.first ?? 0))
        var rest = bytes.dropFirst()
        do throws(ProtocolError) {
            while !rest.isEmpty {
                try receive(rest.prefix(size))
                rest = rest.dropFirst(size)
            }
        } catch {
            precondition(!error.what.isEmpty)
        }
    }

    /// Says what a real session would have said by the time a batch is open.
    private static func open(_ end: inout VMEnd) {
        let begin = Begin(point: point, changes: 1_000, contentBytes: 1_000, askFirst: true)
        let said = [LaptopMessage.hello(hello), .begin(begin)].map { try? $0.frame() }
        _ = try? end.receive(said[0] ?? [], now: 0)
        _ = try? end.encode(.welcome(welcome), now: 0)
        _ = try? end.receive(said[1] ?? [], now: 0)
    }

    private static func open(_ end: inout LaptopEnd) {
        let begin = Begin(point: point, changes: 1, contentBytes: 1, askFirst: true)
        let change = Change(path: RelativePath(trusted: [0x61]), expected: nil, new: .directory)
        let welcomed = (try? VMMessage.welcome(welcome).frame()) ?? []
        _ = try? end.encode(.hello(hello), now: 0)
        _ = try? end.receive(VMEnd(now: 0).greeting + welcomed, now: 0)
        let file = EntryState.file(.zero, size: 64)
        let wanted = Fetch.Item(path: change.path, state: file)
        let asked: [LaptopMessage] = [
            .compare, .list([.root]), .appliedQuery, .shelfList(.root), .watch, .drain,
            .times([change.path]), .grant(1_024),
            .fetch(Fetch(firstID: 0, items: [wanted], last: true)), .begin(begin),
            .changes(ChangeRun(firstID: 0, changes: [change])),
        ]
        for message in asked { _ = try? end.encode(message, now: 0) }
    }

    private static var hello: Hello {
        Hello(pair: pair, purpose: .sync, claim: LineageClaim(point), client: "fuzz")
    }

    private static var welcome: Welcome {
        Welcome(
            version: Limits.version,
            session: 1,
            lineage: .settled(point),
            rulesKnown: true,
            stagedBytes: 0,
            credit: 1_048_576,
            freeBytes: 0,
            receiver: "fuzz"
        )
    }

    /// A message that was read can be written, and read again as the same; one value, one writing.
    private static func checkRoundTrip(_ message: LaptopMessage) {
        if case .data = message { return }
        guard let frame = try? message.frame() else { return precondition(false) }
        precondition((try? LaptopMessage(Frame(whole: frame))) == message)
    }

    private static func checkRoundTrip(_ message: VMMessage) {
        guard let frame = try? message.frame() else { return precondition(false) }
        precondition((try? VMMessage(Frame(whole: frame))) == message)
    }
}

extension Frame {
    /// Splits a frame that this code wrote.
    fileprivate init(whole bytes: [UInt8]) {
        type = FrameType(rawValue: bytes[4]) ?? .bye
        payload = Array(bytes.dropFirst([UInt8].frameHeaderSize))
    }
}
