package import ArgumentParser
import TandemDaemon
import TandemSSH
import TandemSync
import TandemSystem

/// `tandem doctor`: check everything a push needs, and say what mends what does not fit.
package struct DoctorCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check everything a push needs, and name the exact fix.",
        discussion: """
            Exit code 0 if a push can work, 1 if something must be mended, 69 if the vm
            cannot be reached.

              tandem doctor               the pair that this directory belongs to
              tandem doctor shop --json   the same for a script
            """
    )

    @OptionGroup package var choice: PairChoice

    @Flag(help: "Print one JSON object instead of text.")
    package var json = false

    package init() {}

    package var wantsJSON: Bool { json }

    package func run(in context: CommandContext) throws -> ExitCode {
        let (entry, catalogue) = try context.find(choice)
        let examination = Examination(
            entry: entry,
            others: try catalogue.pairs().filter { $0.id != entry.id },
            context: context
        )
        let report = DoctorReport(pair: entry.document, checks: examination.checks())
        if json {
            context.console.document(try JSONDocument.text(DoctorDocument(report)))
        } else {
            for line in report.lines { context.console.line(line) }
        }
        return report.exitCode
    }
}

/// The checks of one pair, from the laptop outwards.
struct Examination {
    let entry: PairEntry
    let others: [PairEntry]
    let context: CommandContext

    /// The receiver's own floor: below it replacements stop (DESIGN.md, the shelf).
    static let freeSpaceFloor: UInt64 = 1 << 30

    func checks() -> [DoctorCheck] {
        var checks = [root, state]
        checks += context.dialer.checks(of: entry.destination, entry.connection)
        checks.append(key)
        return checks + receiver
    }

    private var root: DoctorCheck {
        do {
            try LocalPath.requireDirectory(entry.root)
        } catch {
            return .failed("laptop root", error)
        }
        let own = context.directories
        do {
            _ = try PairAdmission(
                pairs: others,
                ownDirectories: [own.state, own.logs, own.cache, own.runtime]
            ).decide(
                root: entry.root,
                destination: entry.destination,
                connection: entry.connection,
                name: nil
            )
        } catch {
            return .failed("laptop root", error)
        }
        return DoctorCheck(.ok, "laptop root", entry.root)
    }

    private var state: DoctorCheck {
        let directory = context.laptopPair(entry).stateDirectory
        do {
            try StateDirectories.prepare(directory, forbidden: 0o077)
        } catch {
            return .failed("state", error)
        }
        return DoctorCheck(.ok, "state", directory)
    }

    private var key: DoctorCheck {
        let model = KeyModel(settings: entry.connection, publicKey: entry.connection.publicKey)
        guard let line = model.authorizedKeysLine else {
            return DoctorCheck(.ok, "key", model.sentence)
        }
        return DoctorCheck(.ok, "key", "\(model.sentence): \(line)")
    }

    private var receiver: [DoctorCheck] {
        let start = context.time.monotonic
        let info: ReceiverInfo
        do {
            info = try context.engine.info(try context.target(entry))
        } catch {
            var check = DoctorCheck.failed("receiver", error)
            // Over SSH the transport knows best; about a silent receiver only this does.
            if check.isUnreachable && !(error is SSHError) { check.fix = Self.startReceiver }
            return [check]
        }
        let elapsed = Duration.nanoseconds(Int64(clamping: context.time.monotonic &- start))
        return [
            DoctorCheck(.ok, "connect", "in \(Quantities.duration(elapsed))"),
            DoctorCheck(.ok, "receiver", "\(info.receiver), protocol \(info.protocolVersion)"),
            lineage(info),
            space(info),
        ]
    }

    private static let startReceiver =
        "see that the vm runs, and start the receiver there: "
        + "systemctl --user start tandem-receiver"

    private func lineage(_ info: ReceiverInfo) -> DoctorCheck {
        let generation = info.generation.map { ", generation \($0)" } ?? ""
        return DoctorCheck(.ok, "lineage", "\(info.lineage)\(generation)")
    }

    private func space(_ info: ReceiverInfo) -> DoctorCheck {
        let free = "\(Quantities.bytes(info.freeBytes)) free on the vm"
        guard info.freeBytes < Self.freeSpaceFloor else { return DoctorCheck(.ok, "space", free) }
        return DoctorCheck(
            .warn,
            "space",
            "\(free); below 1 GiB nothing is replaced",
            fix: "free some space on the vm, or give it a bigger disk"
        )
    }
}
