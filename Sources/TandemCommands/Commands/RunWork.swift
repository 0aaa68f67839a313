import Dispatch
import TandemProject
import TandemSSH
import TandemSystem

/// A command in the workload container, from the login to its exit code.
struct RunWork {
    let entry: PairEntry
    let command: WorkloadCommand
    let passesInput: Bool
    let context: CommandContext

    /// What waits to be shown on standard error, in chunks; behind it SSH's own window fills.
    private static let waitingChunks = 64

    func run() throws -> ExitCode {
        let shell: any RemoteShell
        do {
            shell = try context.dialer.shell(
                on: entry.destination,
                entry.connection,
                trust: .knownHosts
            )
        } catch {
            throw CommandError(error, at: "\(entry.destination)")
        }
        defer { shell.close() }
        let errors = BoundedQueue<[UInt8]>(capacity: Self.waitingChunks)
        let streams = context.streams
        let printer = WorkerThread.start("run-stderr") {
            while let chunk = errors.take() { streams.error(chunk) }
        }
        let link: any CommandLink
        do {
            link = try shell.start(command.script.command) { errors.put($0) }
        } catch {
            throw CommandError(error, at: "\(entry.destination)")
        }
        context.stop.whenStopped { [command] in
            // On its own thread: a second Ctrl-C must find the first one's thread free.
            WorkerThread.start("run-signal") { try? command.signal("INT", by: shell) }
        }
        send(to: link)
        let exit = try follow(link)
        errors.close()
        printer.join()
        return exit
    }

    private func send(to link: any CommandLink) {
        let script = command.script.standardInput
        let streams = passesInput ? context.streams : .none
        WorkerThread.start("run-stdin") {
            // A command that ends without reading its input has ended; its exit code says how.
            try? link.write(script)
            while let bytes = streams.input() {
                guard (try? link.write(bytes)) != nil else { return }
            }
            link.finishWriting()
        }
    }

    private func follow(_ link: any CommandLink) throws -> ExitCode {
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        do {
            while true {
                let count = try unsafe buffer.withUnsafeMutableBytes {
                    try unsafe link.read(into: $0, until: .distantFuture)
                }
                if count == 0 { break }
                context.streams.output(Array(buffer[..<count]))
            }
        } catch {
            throw lost(link.failure ?? error)
        }
        switch link.waitForExit(until: .distantFuture) {
        case .status(let code): return .command(code)
        case .signal(let name): return .command(Self.code(ofSignal: name))
        case nil: throw lost(link.failure)
        }
    }

    /// What a shell says of a program that a signal ended (POSIX, 2.8.2): 128 and its number.
    private static func code(ofSignal name: String) -> Int32 {
        let numbers: [String: Int32] = [
            "HUP": 1, "INT": 2, "QUIT": 3, "ILL": 4, "ABRT": 6, "FPE": 8, "KILL": 9, "USR1": 10,
            "SEGV": 11, "USR2": 12, "PIPE": 13, "ALRM": 14, "TERM": 15,
        ]
        return numbers[name].map { 128 + $0 } ?? 255
    }

    private func lost(_ cause: (any Error)?) -> CommandError {
        var error = cause.map { CommandError($0) } ?? CommandError(.unreachable, "")
        error.code = .unreachable
        error.what = "the connection ended before the command did; it may still run on the vm"
        error.place = cause.map { "\(entry.destination): \($0)" } ?? "\(entry.destination)"
        return error
    }
}
