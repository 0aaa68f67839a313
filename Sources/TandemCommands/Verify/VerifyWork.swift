import TandemProject
import TandemDaemon
import TandemFiles
import TandemManagement
import TandemSSH
import TandemSync
import TandemSystem
import TandemTree

/// One verification of a pair: both machines are asked, the answers judged, the report kept.
struct VerifyWork {
    let entry: PairEntry
    let expectation: VerifyExpectation
    /// What of the pair's configuration is in force.
    let settings: ProjectSettings
    let isDeep: Bool
    let context: CommandContext
    /// What runs scripts on the laptop.
    var laptopShell: any ScriptShell = LocalShell()

    func report() throws -> VerifyReport {
        let judge = VerifyJudge(expectation)
        var laptop = try collector(.laptop).collect(by: laptopShell)
        count(garbageOfLaptop(), in: &laptop)
        var report = VerifyReport(
            machine: "laptop and \(entry.destination.authority)",
            time: Timestamp.text(context.time.wall),
            rows: judge.rows(laptop)
        )
        let shell: any ScriptShell
        var vm: MachineFacts
        do {
            shell = try context.dialer.shell(
                on: entry.destination,
                entry.connection,
                trust: .knownHosts
            )
        } catch {
            report.unreachable = CommandError(error).what
            return report
        }
        defer { shell.close() }
        do {
            vm = try collector(.vm).collect(by: shell)
        } catch {
            report.unreachable = CommandError(error).what
            return report
        }
        count(garbageOfVM(shell), in: &vm)
        report.rows += judge.rows(vm) + judge.rows(laptop: laptop, vm: vm)
        report.rows.append(judge.row(compare(), method: Self.compareMethod))
        if isDeep {
            let here = DeepVerify(shell: laptopShell, expectation: expectation)
            let there = DeepVerify(shell: shell, expectation: expectation)
            report.rows += here.rows(laptop) + there.rows(vm)
        }
        return report
    }

    private var garbage: GarbageWork {
        GarbageWork(
            entry: entry,
            action: .look,
            groups: nil,
            entersNodeModules: false,
            entersVirtualEnvironments: false,
            ignore: settings.ignore,
            context: context
        )
    }

    private func garbageOfLaptop() -> Result<GarbageReport, any Error> {
        Result { try garbage.onLaptop() }
    }

    private func garbageOfVM(_ shell: any ScriptShell) -> Result<GarbageReport, any Error> {
        Result { try garbage.onVM(by: shell) }
    }

    /// Puts the count by the pair's own rules in the place of the one by names alone.
    private func count(
        _ found: Result<GarbageReport, any Error>,
        in facts: inout MachineFacts
    ) {
        switch found {
        case .success(let report):
            facts.garbage = .found(
                report.kinds.map {
                    GarbageFacts(kind: $0.kind, entries: $0.entries, bytes: $0.bytes, example: "")
                },
                by: "tandem garbage: the pair's rules"
            )
        case .failure(let error):
            let reason = CommandError(error).what
            facts.garbage.method += "; by names alone, not by the pair's rules: \(reason)"
        }
    }

    private func collector(_ side: VerifySide) -> FactsCollector {
        let isVM = side == .vm
        return FactsCollector(
            side,
            name: isVM ? entry.destination.authority : "laptop",
            root: isVM ? entry.destination.path : entry.root,
            container: isVM ? entry.receiverContainer : nil,
            expectation: expectation
        )
    }

    private static let compareMethod =
        "the agent's flush, or `tandem plan`: the receiver's comparison of root digests"
    /// As long as an agent may take to bring both sides together.
    private static let longestFlush = Duration.seconds(60)

    /// Asks whether the vm's tree is the laptop's: the agent, which may still bring them together,
    /// or the receiver, and then nothing is changed.
    private func compare() -> TreeComparison {
        do {
            let settings = try context.project(of: entry, isPlan: true).settings
            let barrier = TreeBarrier(
                entry: entry,
                settings: settings,
                wait: Self.longestFlush,
                allowsVMOnly: false,
                context: context
            )
            if let reached = try barrier.reachByAgent() {
                return .equal(digest: reached.tree, entries: nil)
            }
            let report = try context.locked(entry) {
                try context.engine.push(
                    try context.target(entry),
                    options: PushOptions(
                        purpose: .plan,
                        modes: settings.pushModes,
                        ignore: settings.ignore
                    ),
                    stop: context.stop,
                    observer: { _ in }
                )
            }
            return TreeComparison(report)
        } catch let error as CommandError where error.code == .attention {
            return .different(error.what)
        } catch {
            return .unknown(CommandError(error).what)
        }
    }
}

extension TreeComparison {
    /// What a plan says about two trees.
    init(_ report: PushReport) {
        guard report.isCompared else {
            self = .unknown("the receiver has not compared all of its tree yet")
            return
        }
        if report.verdict == .inSync {
            self = .equal(digest: report.treeDigest.hex, entries: report.entries)
            return
        }
        var parts: [String] = []
        func add(_ count: Int, _ one: String, _ many: String) {
            if count > 0 { parts.append("\(count) \(count == 1 ? one : many)") }
        }
        add(report.changes.count, "change to push", "changes to push")
        add(report.conflicts.count, "conflict", "conflicts")
        add(report.vmOnly.count, "change on the vm", "changes on the vm")
        add(report.problems.count, "entry that cannot be synced", "entries that cannot be synced")
        let what = parts.isEmpty ? "the root digests differ" : parts.joined(separator: ", ")
        let first =
            report.changes.first?.path ?? report.conflicts.first?.path ?? report.vmOnly.first?.path
        self = .different(what + (first.map { ", such as \($0)" } ?? ""))
    }
}

extension PairEntry {
    /// The container that knows the vm root by the pair's path; nil where the path is the host's.
    var receiverContainer: String? {
        if let container = destination.container { return container }
        guard let command = connection.command else { return nil }
        let words = command.split(separator: " ").map(String.init)
        guard words.count > 3, words[0] == "podman", words[1] == "exec", words[2] == "-i",
            command == ConnectionSettings.command(inContainer: words[3])
        else { return nil }
        return words[3]
    }
}
