import TandemSync
import TandemSystem
import TandemTree
import Testing

@testable import TandemCommands

/// Whatever a file system or the other side says, a terminal gets text.
struct HostileTextTests {
    /// Controls, C1, an SGR sequence, bidi, a line separator, zero width, and bytes of no character.
    static let bytes: [UInt8] =
        Array("x\u{1B}[35m\u{07}\u{9B}2J\u{202E}\u{2028}\u{200B}\r\n\t".utf8) + [0xFF, 0x80]

    private static let text = String(decoding: bytes, as: UTF8.self)

    private static func hostile() throws -> PushReport {
        let bad = try RelativePath(validating: bytes)
        var report = try PushReport.busy()
        report.changes.append(Change(path: bad, expected: nil, new: .text("x"), source: .copy(bad)))
        report.changes.append(Change(path: bad, expected: nil, new: .text("x"), source: .move(bad)))
        report.conflicts.append(
            Conflict(path: bad, base: nil, laptop: .text("1"), vm: .text("2"), reason: .bothCreated)
        )
        report.refusals.append(.init(path: bad, reason: text, isConflict: false))
        report.problems.append(.init(path: bad, reason: text))
        report.vmOnly.append(Difference(path: bad, old: nil, new: .text("x")))
        return report
    }

    private static func receiver() -> ReceiverInfo {
        var info = ReceiverInfo.sample
        info.receiver = text
        info.lineage = text
        return info
    }

    static let commandLines: [[String]] = [
        ["push"], ["push", "-v", "--all"], ["push", "--json"], ["plan"], ["plan", "--json"],
        ["status"], ["status", "--json"], ["doctor"], ["doctor", "--json"], ["recover"],
        ["recover", "list", "--json"], ["recover", "restore", text, "--to", "a"],
        ["recover", "restore", "1"], ["recover", "restore", "1", "--json"], ["adopt", "--yes"],
        ["adopt", "--yes", "--json"], ["pair", "other", "devvm:/app"],
        ["pair", "other2", "devvm:/app", "--json"], ["pair", text, "devvm:/app"], ["push", text],
        ["pair", ".", text], ["\(text)"], ["version"], ["completions", "bash"], ["man"],
    ]

    @Test(arguments: commandLines, [false, true])
    func `no command writes a raw control byte`(_ arguments: [String], _ fails: Bool) throws {
        let playground = try Playground()
        _ = try playground.make("other")
        _ = try playground.make("other2")
        let record = ConsoleRecord()
        let catalogue = MemoryCatalogue([try playground.entry("shop")])
        catalogue.remember(RunRecord(try Self.hostile(), at: 0), of: catalogue.pairs()[0])
        let item = ShelvedItem.sample(id: "1", path: try RelativePath(validating: Self.bytes))
        let engine = FakeEngine(
            report: { _, _, _ in
                if fails { throw SyncError(.failed, Self.text, hint: Self.text) }
                return try Self.hostile()
            },
            progress: [.connecting, .connected(receiver: Self.text)],
            receiver: {
                if fails { throw LinkError(.failed, Self.text) }
                return Self.receiver()
            },
            items: [item]
        )
        let traits = Console.Traits(
            outputIsTerminal: true,
            errorIsTerminal: true,
            inputIsTerminal: false,
            usesColor: true
        )
        let context = playground.context(
            record,
            catalogue: catalogue,
            engine: engine,
            traits: traits
        )
        _ = CommandProgram.run(arguments, in: context)
        let written = Self.withoutOwnSequences(record.output + record.errors)
        #expect(!written.isEmpty)
        for scalar in written.unicodeScalars where scalar != "\n" {
            let category = scalar.properties.generalCategory
            let isBad = category == .control || category == .format || category == .lineSeparator
            #expect(!isBad, "U+\(String(scalar.value, radix: 16)) in \(written.debugDescription)")
            if isBad { return }
        }
    }

    /// Takes away the sequences that the console itself writes on a terminal.
    private static func withoutOwnSequences(_ text: String) -> String {
        var text = text
        let tones = [0, 1, 2, 31, 32, 33].map { "\u{1B}[\($0)m" }
        for own in ["\r\u{1B}[K"] + tones { text = text.replacing(own, with: "") }
        return text
    }
}
