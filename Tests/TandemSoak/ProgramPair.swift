import Dispatch
import Foundation
import Glibc
import Synchronization
import TandemSystem
import TandemTestSupport

/// The programs as people run them: the agent, its commands, the receiver, and an sshd in between.
package final class ProgramPair: SoakPair {
    private let pair: PairOnSSH
    private let beside: TemporaryDirectory
    private let program: @Sendable (String) throws -> String
    private let agent = Mutex<RunningProgram?>(nil)
    private let remarks = Mutex<[String]>([])

    /// A command that has not ended by then hangs, and that is a fault of its own.
    private static let commandSeconds = 120
    private static let keptRemarks = 200

    /// Starts sshd and the receiver, and pairs two new directories.
    ///
    /// - Parameter program: gives the path of a program; asked each time one is started.
    /// - Throws: `CommandFailure`, `SystemError`.
    package init(
        program: @escaping @Sendable (String) throws -> String = { try BuiltProgram.path($0) }
    ) throws {
        ProcessSettings.harden()
        self.program = program
        pair = try PairOnSSH(program: program)
        beside = try TemporaryDirectory()
    }

    package var laptop: String { pair.laptop.url.path }
    package var vm: String { pair.vm.url.path }
    package var trash: String { beside.url.path }
    package var events: [String] { remarks.withLock { $0 } + agentEnd }

    /// How the agent ended and what it said, where it is not there any more.
    private var agentEnd: [String] {
        guard let program = agent.withLock({ $0 }),
            let exit = program.process.wait(until: .now())
        else { return [] }
        return ["the agent has ended by \(exit): \(program.errors.suffix(6_000))"]
    }

    package var identifier: [UInt8] {
        get throws {
            let name = URL(fileURLWithPath: try pair.laptopState).lastPathComponent
            let digits = Array(name)
            let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
                UInt8(String(digits[$0...($0 + 1)]), radix: 16)
            }
            guard bytes.count == 16 else { throw CommandFailure("\(name) is no pair's name") }
            return bytes
        }
    }

    package func start() throws {
        try startAgent()
        let up = try run(["up", "--all"])
        guard up.code == 0 else { throw CommandFailure("tandem up: \(up.said)") }
    }

    /// Starts the agent and waits until it answers.
    private func startAgent() throws {
        let program = try RunningProgram(
            program("tandem-agent"),
            ["--foreground"],
            environment: pair.environment
        )
        let socket = "\(pair.environment["TANDEM_HOME"] ?? "")/run/sock"
        let deadline = DispatchTime.now() + .seconds(60)
        while true {
            if let descriptor = try? UnixSocket.connect(to: socket) {
                close(descriptor)
                break
            }
            guard DispatchTime.now() < deadline, program.process.isRunning else {
                throw CommandFailure("the agent does not answer: \(program.errors)")
            }
            _ = program.process.wait(until: .now() + .milliseconds(20))
        }
        agent.withLock { $0 = program }
    }

    package func flush(seconds: Int) throws -> SoakFlush {
        let end = try run(["flush", "--wait", "\(seconds)s", "-C", laptop], seconds + 30)
        let lines = end.said.split(separator: "\n").map(String.init)
        switch end.code {
        case 0: return end.output.contains("in sync") ? .inSync : .durable
        case 1: return .attention(lines)
        case 4: return .timedOut
        default: return .broken(lines.joined(separator: " "))
        }
    }

    package func standing() throws -> SoakStanding {
        let status = try run(["status", "--json", "-C", laptop])
        guard let live = status.json(StatusAnswer.self)?.pairs.first?.live else {
            throw CommandFailure("tandem status: \(status.said)")
        }
        let list = try conflicts()
        return SoakStanding(
            headline: live.headline,
            halt: live.phase == "halted" ? live.headline : nil,
            conflicts: list.map(\.path),
            problems: live.problems.map { "\($0.path): \($0.reason)" },
            generation: live.generation
        )
    }

    private func conflicts() throws -> [ConflictsAnswer.Item] {
        let list = try run(["conflicts", "list", "--json", "-C", laptop])
        guard let answer = list.json(ConflictsAnswer.self) else {
            throw CommandFailure("tandem conflicts: \(list.said)")
        }
        return answer.conflicts
    }

    package func settle(choice: Int, keep: SoakKeep) throws -> Bool? {
        // The list is what shows the conflict, which it must be to be settled.
        let open = try conflicts()
        guard !open.isEmpty else { return nil }
        let number = open[choice % open.count].number
        let words = ["\(number)", "--keep", keep.rawValue, "--wait", "10s", "-C", laptop]
        let end = try run(["conflicts", "resolve"] + words)
        if end.code != 0 { note("resolve \(number): \(end.said)") }
        return end.code == 0
    }

    package func acceptDeletions() throws {
        let end = try run(["push", "--accept-delete", "1000000", "--wait", "5s", "-C", laptop])
        note("accepted a halt: \(end.said)")
    }

    package func cut() { pair.killSessions() }

    /// Pushes without the agent, which must not run.
    package func push() throws {
        let end = try run(["push", "-C", laptop])
        guard end.code == 0 else { throw CommandFailure("tandem push: \(end.said)") }
    }

    /// Ends the link until `resume`, and lets both sides alone.
    package func pause() throws { try steer("pause") }

    package func resume() throws { try steer("resume") }

    private func steer(_ verb: String) throws {
        let end = try run([verb, "-C", laptop])
        guard end.code == 0 else { throw CommandFailure("tandem \(verb): \(end.said)") }
    }

    /// For each open conflict whether it is known when the vm's version was modified.
    package func vmTimes() throws -> [Bool] { try conflicts().map { $0.vmModified != nil } }

    /// Starts the receiver again after `stop`.
    package func startReceiver() throws { try pair.startReceiver() }

    package var memory: String {
        let programs: [(String, Int32?)] = [
            ("agent", agent.withLock { $0?.process.pid }), ("receiver", pair.receiverPID),
        ]
        return programs.map { "\($0.0) \(Self.residentMebibytes($0.1)) MiB" }
            .joined(separator: ", ")
    }

    package func stop() throws {
        let down = try run(["down", "--all"])
        guard down.code == 0 else { throw CommandFailure("tandem down: \(down.said)") }
        let program = agent.withLock { agent in
            defer { agent = nil }
            return agent
        }
        _ = try program?.wait(.seconds(60))
        try pair.stopReceiver()
    }

    package func end() {
        agent.withLock { agent in
            agent?.kill()
            agent = nil
        }
        pair.killReceiver()
        pair.server.stop()
        for path in [laptop, vm, trash] { try? FileManager.default.removeItem(atPath: path) }
    }
}

// MARK: - Commands

extension ProgramPair {
    /// How a command ended, and what it said.
    private struct End {
        var code: Int32
        var said: String
        var output: String

        func json<Answer: Decodable>(_ type: Answer.Type) -> Answer? {
            try? JSONDecoder().decode(type, from: Data(output.utf8))
        }
    }

    private func run(_ arguments: [String], _ seconds: Int = commandSeconds) throws -> End {
        let program = try pair.tandem(arguments)
        let exit = try program.wait(.seconds(seconds))
        let (output, errors) = (program.output, program.errors)
        guard case .status(let code) = exit else {
            throw CommandFailure("tandem \(arguments.joined(separator: " ")): \(exit)")
        }
        return End(code: code, said: String((output + errors).prefix(600)), output: output)
    }

    private func note(_ remark: String) {
        remarks.withLock { remarks in
            remarks.append(remark)
            if remarks.count > Self.keptRemarks { remarks.removeFirst() }
        }
    }

    /// The memory of a process that is not on the disk.
    private static func residentMebibytes(_ pid: Int32?) -> Int {
        guard let pid,
            let text = try? String(contentsOfFile: "/proc/\(pid)/statm", encoding: .utf8),
            let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { return 0 }
        return (pages * sysconf(Int32(_SC_PAGESIZE))) >> 20
    }
}

/// The part of `tandem status --json` that a soak looks at.
private struct StatusAnswer: Decodable {
    struct Problem: Decodable {
        var path: String
        var reason: String
    }

    struct Live: Decodable {
        var phase: String
        var headline: String
        var generation: UInt64
        var problems: [Problem]
    }

    struct Pair: Decodable {
        var live: Live?
    }

    var pairs: [Pair]
}

/// The part of `tandem conflicts list --json` that a soak looks at.
private struct ConflictsAnswer: Decodable {
    struct Item: Decodable {
        var number: Int
        var path: String
        var vmModified: String?
    }

    var conflicts: [Item]
}
