import Dispatch
import Foundation
import Glibc
import TandemSystem
import TandemTestSupport

/// A terminal of one command, and a person who answers one question at it.
enum Terminal {
    struct End {
        var exit: ChildProcess.Exit?
        /// All that the terminal showed.
        var text: String
    }

    /// Runs a command at a terminal of its own.
    ///
    /// - Parameters:
    ///   - words: the program and its arguments.
    ///   - environment: added to this process's own.
    ///   - question: what the command asks; nothing is typed before it stands there.
    ///   - answer: what is typed then.
    ///   - thinking: what happens while the question stands unanswered.
    /// - Returns: how it ended and what was shown.
    /// - Throws: `CommandFailure` where no terminal can be had.
    static func run(
        _ words: [String],
        environment: [String: String],
        answering question: String,
        with answer: String,
        thinking: () throws -> Void = {}
    ) throws -> End {
        var descriptors: (near: Int32, far: Int32) = (-1, -1)
        guard openpty(&descriptors.near, &descriptors.far, nil, nil, nil) == 0 else {
            throw CommandFailure("no terminal can be had")
        }
        let near = OwnedDescriptor(descriptors.near)
        // A copy in the child would keep the terminal open after its end.
        _ = fcntl(near.raw, F_SETFD, FD_CLOEXEC)
        let far = OwnedDescriptor(descriptors.far)
        _ = fcntl(far.raw, F_SETFD, FD_CLOEXEC)
        let variables = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
            .merging(["NO_COLOR": "1"]) { _, new in new }
        let child = try ChildProcess.start(
            "setsid",
            ["--ctty", "--wait"] + words,
            environment: variables.map { "\($0)=\($1)" },
            descriptors: .init(input: far.raw, output: far.raw, error: far.raw)
        )
        close(far.take())
        defer { child.signal(SIGKILL) }
        return try read(near.raw, child, question, answer, thinking)
    }

    private static func read(
        _ terminal: Int32,
        _ child: ChildProcess,
        _ question: String,
        _ answer: String,
        _ thinking: () throws -> Void
    ) throws -> End {
        var bytes: [UInt8] = []
        var hasAnswered = false
        var buffer = [UInt8](repeating: 0, count: 4096)
        let deadline = Date().addingTimeInterval(60)
        while Date() < deadline {
            var request = pollfd(fd: terminal, events: Int16(POLLIN), revents: 0)
            guard poll(&request, 1, 100) > 0 else { continue }
            // A terminal whose last user has closed it answers with an error.
            let count = Glibc.read(terminal, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
            if !hasAnswered, String(decoding: bytes, as: UTF8.self).contains(question) {
                try thinking()
                let line = Array("\(answer)\n".utf8)
                hasAnswered = write(terminal, line, line.count) == line.count
            }
        }
        let exit = child.wait(until: .now() + .seconds(5))
        return End(exit: exit, text: String(decoding: bytes, as: UTF8.self))
    }
}
