import Foundation

/// A command that a test ran and that failed, with what it said.
package struct CommandFailure: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// Runs a program to its end.
///
/// `Process` is not used: it takes a child for running as long as anything the child left behind
/// lives, and a container's monitor outlives the `podman` that started it.
package enum Command {
    /// The absolute path of a program, or nil where it is not installed.
    package static func path(of name: String) -> String? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        return (folders + ["/usr/sbin", "/sbin"]).map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Runs a program and gives what it wrote to its standard output.
    ///
    /// - Parameters:
    ///   - name: the program, looked up in PATH.
    ///   - arguments: what follows its name.
    ///   - environment: added to this process's own.
    ///   - input: its standard input; nil leaves it open and silent for as long as it runs.
    /// - Returns: the bytes of its standard output.
    /// - Throws: `CommandFailure` with its error stream when it does not exit 0.
    @discardableResult
    package static func run(
        _ name: String,
        _ arguments: [String],
        environment: [String: String] = [:],
        input: [UInt8]? = []
    ) throws -> [UInt8] {
        guard let path = path(of: name) else { throw CommandFailure("\(name) is not installed") }
        let streams = try Streams(input: input)
        defer { streams.remove() }
        let variables = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        let child = try spawn(
            [path] + arguments,
            environment: variables.map { "\($0)=\($1)" },
            streams: streams
        )
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 && errno == EINTR {}
        guard status == 0 else {
            let said = String(decoding: try streams.read(streams.errors), as: UTF8.self)
            let line = ([name] + arguments).joined(separator: " ")
            throw CommandFailure("\(line): wait status \(status): \(said)")
        }
        return try streams.read(streams.output)
    }

    private static func spawn(
        _ arguments: [String],
        environment: [String],
        streams: Streams
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let written = O_WRONLY | O_CREAT
        posix_spawn_file_actions_addopen(&actions, 0, streams.input.path, O_RDWR, 0)
        posix_spawn_file_actions_addopen(&actions, 1, streams.output.path, written, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, streams.errors.path, written, 0o600)
        var words = arguments.map { strdup($0) } + [nil]
        var variables = environment.map { strdup($0) } + [nil]
        defer { for string in words + variables { free(string) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, arguments[0], &actions, nil, &words, &variables)
        guard code == 0 else {
            throw CommandFailure("\(arguments[0]): \(String(cString: strerror(code)))")
        }
        return child
    }

    /// A program's three streams, as files: a pipe that something left behind holds never ends.
    private struct Streams {
        private let directory: URL
        var input: URL { directory.appendingPathComponent("input") }
        var output: URL { directory.appendingPathComponent("output") }
        var errors: URL { directory.appendingPathComponent("errors") }

        init(input bytes: [UInt8]?) throws {
            directory = FileManager.default.temporaryDirectory
                .appendingPathComponent("tandem-command-\(UUID().uuidString)")
            try FileManager.default.createDirectory(
                at: directory,
                withIntermediateDirectories: true
            )
            if let bytes {
                try Data(bytes).write(to: input)
            } else if mkfifo(input.path, 0o600) != 0 {
                // A FIFO opened for both reading and writing has always a writer, so it never ends.
                throw CommandFailure("mkfifo \(input.path)")
            }
        }

        func read(_ file: URL) throws -> [UInt8] { Array(try Data(contentsOf: file)) }

        func remove() { try? FileManager.default.removeItem(at: directory) }
    }
}
