import ArgumentParser
import TandemDaemon

/// What `tandem-receiver` says on standard error.
enum ReceiverOutput {
    static func complain(_ what: String, next: String) {
        DaemonStart.complain("tandem-receiver", what, next: next)
    }

    /// Runs a command; why a daemon does not serve or answer is said, with its exit code.
    static func run(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as DaemonStartError {
            complain(error.what, next: error.next)
            throw ExitCode(error.exitCode)
        }
    }
}
