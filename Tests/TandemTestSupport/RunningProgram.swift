package import Dispatch
import Foundation
import Glibc
package import TandemSystem

/// A program that a test runs and may kill; it ends with its last user at the latest.
package final class RunningProgram: Sendable {
    package let process: ChildProcess
    private let directory: TemporaryDirectory
    private let name: String

    /// Starts a program in a process group of its own, with its output in files.
    ///
    /// - Parameters:
    ///   - program: its path, or a name to look up.
    ///   - arguments: what follows its name.
    ///   - environment: added to this process's own.
    /// - Throws: `SystemError`.
    package init(
        _ program: String,
        _ arguments: [String],
        environment: [String: String] = [:]
    ) throws {
        name = program
        directory = try TemporaryDirectory()
        let output = try Self.makeFile(directory.path("output"))
        let errors = try Self.makeFile(directory.path("errors"))
        let variables = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        process = try ChildProcess.start(
            program,
            arguments,
            environment: variables.map { "\($0)=\($1)" },
            descriptors: .init(output: output.raw, error: errors.raw)
        )
    }

    deinit {
        process.signal(SIGKILL)
        _ = process.wait(until: .now() + .seconds(5))
    }

    private static func makeFile(_ path: String) throws -> OwnedDescriptor {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemError("open", path) }
        return OwnedDescriptor(descriptor)
    }

    /// What the program wrote to its standard output.
    package var output: String { (try? directory.read("output")) ?? "" }

    /// What the program wrote to its standard error.
    package var errors: String { (try? directory.read("errors")) ?? "" }

    /// Kills the program and everything it started, as `kill -9` does, and waits for its end.
    package func kill() {
        process.signal(SIGKILL)
        _ = process.wait(until: .now() + .seconds(10))
    }

    /// Waits for the end.
    ///
    /// - Parameter limit: when a program that hangs fails the test.
    /// - Returns: how it ended.
    /// - Throws: `CommandFailure` when it runs still; it is killed then.
    @discardableResult
    package func wait(_ limit: DispatchTimeInterval = .seconds(90)) throws -> ChildProcess.Exit {
        if let exit = process.wait(until: .now() + limit) { return exit }
        kill()
        throw CommandFailure("\(name) hung, and said: \(errors)")
    }
}
