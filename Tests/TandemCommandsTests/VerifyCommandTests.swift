import ArgumentParser
import Foundation
import TandemManagement
import TandemProject
import TandemSSH
import TandemSystem
import Testing

@testable import TandemCommands

/// `tandem verify` with this machine in the vm's place, and a script in the receiver program's.
struct VerifyCommandTests {
    private let playground: Playground
    private let laptop: String
    private let vm: String

    init() throws {
        playground = try Playground()
        laptop = try playground.make("shop")
        vm = try playground.make("vm")
    }

    private func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    /// The rows of a report, after the file `tandem.yml` was approved.
    private func rows(program: String, verify: String) throws -> [VerifyReport.Row] {
        try write(
            "version: 1\nvm: devvm\nsync: [{from: ., to: /app}]\nignore: {more-garbage: [\"*.mine\"]}\n"
                + verify,
            to: "\(laptop)/tandem.yml"
        )
        // Read by sh, not executed: a file just written may be open for writing in another child.
        try write("\(program)\n", to: "\(playground.directory)/receiver")
        var entry = try playground.entry("shop", root: laptop)
        entry.destination.path = vm
        entry.connection.command = "sh \(playground.directory)/receiver connect"
        let record = ConsoleRecord()
        var context = playground.context(record, catalogue: MemoryCatalogue([entry]))
        context.dialer = ThisMachine()
        try context.approveFile(of: entry)
        let command = try VerifyCommand.parse(["shop", "--json"])
        _ = try command.run(in: context)
        let document =
            try JSONSerialization.jsonObject(with: Data(record.output.utf8)) as? [String: Any]
        let rows = try #require(document?["rows"] as? [[String: String]], "\(record.errors)")
        return rows.map { row in
            VerifyReport.Row(
                on: row["where"].flatMap { VerifySide(rawValue: $0) },
                subject: row["subject"] ?? "",
                verdict: VerifyReport.Verdict(rawValue: row["verdict"] ?? "") ?? .unknown,
                evidence: row["evidence"] ?? "",
                method: row["method"] ?? ""
            )
        }
    }

    @Test func `garbage is counted by the pair's rules, and held to what tandem.yml allows`() throws
    {
        try write("x", to: "\(laptop)/a.mine")
        let program = """
            case "$*" in *--also*"*.mine"*) ;; *) exit 1 ;; esac
            grep -q . || exit 1
            echo '{"kind":"configured","entries":3,"files":3,"bytes":9}'
            echo '{"done":true}'
            """
        let rows = try rows(program: program, verify: "verify: {max-garbage: 2}\n")
        let vm = try #require(rows.first { $0.subject == "garbage" && $0.side == .vm })
        #expect(vm.verdict == .violation, "\(vm)")
        #expect(vm.evidence.hasPrefix("3 entries, 9 B; 2 put up with"), "\(vm)")
        #expect(vm.method == "tandem garbage: the pair's rules")
        #expect(rows.contains { $0.subject == "garbage configured" && $0.side == .vm })
        let laptop = try #require(rows.first { $0.subject == "garbage" && $0.side == .laptop })
        #expect(laptop.verdict == .ok && laptop.evidence.hasPrefix("1 entry"), "\(laptop)")
    }

    @Test func `without the receiver's program names alone are counted, and the row says so`()
        throws
    {
        try write("x", to: "\(vm)/a.pyc")
        let rows = try rows(program: "exit 1", verify: "verify: {max-garbage: 1}\n")
        let row = try #require(rows.first { $0.subject == "garbage" && $0.side == .vm })
        #expect(row.verdict == .ok && row.evidence.hasPrefix("1 entry"), "\(row)")
        #expect(row.method.contains("by names alone, not by the pair's rules"), "\(row)")
    }
}

/// Logs in to this machine, and reaches no receiver.
private struct ThisMachine: Dialer {
    private struct Shell: RemoteShell {
        func run(_ script: RemoteScript) throws -> CommandResult { try LocalShell().run(script) }

        func start(
            _ command: String,
            standardError: (@Sendable ([UInt8]) -> Void)?
        ) throws -> any CommandLink {
            throw LinkError(.failed, "no command in this test")
        }

        func close() {}
    }

    func connector(
        to destination: Destination,
        _ settings: ConnectionSettings,
        trust: HostTrust
    ) throws -> @Sendable () throws -> any ByteLink {
        { throw LinkError(.failed, "no network in this test") }
    }

    func shell(
        on destination: Destination,
        _ settings: ConnectionSettings,
        trust: HostTrust
    ) throws -> any RemoteShell { Shell() }

    func checks(of destination: Destination, _ settings: ConnectionSettings) -> [DoctorCheck] { [] }
}
