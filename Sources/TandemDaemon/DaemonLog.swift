import Glibc
package import Logging
package import TandemSystem

/// Where a daemon's log lines go: its log file, standard error, or both.
package struct DaemonLog: Sendable {
    private let file: LogFile?
    private let mirror: Int32?
    private let clock: any TimeSource

    /// The environment variable that sets the level, `error` to `trace`.
    package static let levelVariable = "TANDEM_LOG"

    /// Joins the places lines go to.
    ///
    /// - Parameters:
    ///   - file: the log file, where there is one.
    ///   - mirror: a descriptor that gets every line too; standard error unless said otherwise.
    ///   - clock: what stamps the lines.
    package init(
        file: LogFile?,
        mirror: Int32? = STDERR_FILENO,
        clock: any TimeSource = SystemTime()
    ) {
        self.file = file
        self.mirror = mirror
        self.clock = clock
    }

    /// A logger that writes here.
    package func logger(_ label: String, level: Logger.Level = .info) -> Logger {
        Logger(label: label) { label in
            DaemonLogHandler(log: self, label: label, logLevel: level)
        }
    }

    /// The level a person asked for in the environment, or `standard`.
    package static func level(
        in environment: [String: String],
        standard: Logger.Level = .info
    ) -> Logger.Level {
        environment[levelVariable].flatMap { Logger.Level($0) } ?? standard
    }

    /// Opens the file again, after somebody else renamed it.
    package func reopen() { file?.reopen() }

    var now: Int64 { clock.wall }

    func write(_ line: [UInt8]) {
        file?.write(line)
        guard let mirror else { return }
        line.withUnsafeBytes { bytes in
            // A closed or full standard error is nobody's reason to stop.
            _ = Glibc.write(mirror, bytes.baseAddress, bytes.count)
        }
    }
}
