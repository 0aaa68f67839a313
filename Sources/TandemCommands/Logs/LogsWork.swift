import Dispatch
import TandemDaemon
import TandemProject
import TandemSSH
import TandemSystem

/// Reads the logs of both machines, merges them by time, and goes on where asked.
struct LogsWork {
    static let onLaptop = ["agent"]
    static let onVM = ["receiver", "snapshot", "manager"]

    let logs: [String]
    /// Whether these logs were named: then one that is not there is an error.
    let areNamed: Bool
    let filter: LogFilter
    let tail: Int?
    let follows: Bool
    let json: Bool
    let vmDirectory: String?
    let context: CommandContext
    /// The pair whose vm is asked; nil where only the laptop's log is wanted.
    let entry: PairEntry?
    var interval = DispatchTimeInterval.milliseconds(500)

    func run() throws -> ExitCode {
        var sources: [LogSource] = []
        var code = ExitCode.done
        let here = logs.filter { Self.onLaptop.contains($0) }
        if !here.isEmpty {
            sources.append(
                LogSource(
                    side: "laptop",
                    shell: LocalShell(),
                    directory: context.directories.logs,
                    logs: here
                )
            )
        }
        let there = logs.filter { Self.onVM.contains($0) }
        if !there.isEmpty, let entry {
            do {
                let shell = try context.dialer.shell(
                    on: entry.destination,
                    entry.connection,
                    trust: .knownHosts
                )
                sources.append(
                    LogSource(side: "vm", shell: shell, directory: vmDirectory, logs: there)
                )
            } catch {
                // What the laptop has is shown all the same.
                let failure = CommandError(error, at: "pair \(entry.name): \(entry.destination)")
                guard !sources.isEmpty, !areNamed else { throw failure }
                for line in failure.lines { context.console.note(line) }
                code = failure.code
            }
        }
        defer { for source in sources { source.shell.close() } }
        try readAll(&sources)
        if let named = try missing(sources) { return named }
        if follows { try follow(&sources) }
        return code
    }

    /// Everything that is there, oldest first; of it the last `tail` lines.
    private func readAll(_ sources: inout [LogSource]) throws {
        var lines: [LogLine] = []
        for index in sources.indices {
            while true {
                let (found, hasMore) = try sources[index].read()
                lines += found.filter(filter.shows)
                if !hasMore || context.stop.reason != nil { break }
            }
        }
        show(Self.merged(lines).suffix(tail ?? .max))
    }

    private func follow(_ sources: inout [LogSource]) throws {
        let wake = DispatchSemaphore(value: 0)
        context.stop.whenStopped { wake.signal() }
        while context.stop.reason == nil {
            _ = wake.wait(timeout: .now() + interval)
            var lines: [LogLine] = []
            for index in sources.indices {
                var hasMore = true
                while hasMore {
                    let (found, more) = try sources[index].read()
                    lines += found.filter(filter.shows)
                    hasMore = more && context.stop.reason == nil
                }
            }
            show(Self.merged(lines)[...])
        }
    }

    /// By time; lines of one time, and bad ones, stay in the order they were written in.
    static func merged(_ lines: [LogLine]) -> [LogLine] {
        lines.enumerated().sorted { left, right in
            (left.element.time, left.offset) < (right.element.time, right.offset)
        }.map(\.element)
    }

    private func show(_ lines: ArraySlice<LogLine>) {
        for line in lines {
            if json {
                context.console.document(DaemonLogText.json(line))
            } else {
                context.console.line(DaemonLogText.line(line))
            }
        }
    }

    /// Says which logs are not there; an exit code where they were asked for by name.
    private func missing(_ sources: [LogSource]) throws -> ExitCode? {
        for source in sources where areNamed && !follows {
            for (name, reason) in source.missing.sorted(by: { $0.key < $1.key }) {
                throw CommandError(
                    .failed,
                    "the \(source.side) has no log of the \(name)",
                    at: reason,
                    next: "it writes one once it runs; --directory names another place"
                )
            }
        }
        return nil
    }
}
