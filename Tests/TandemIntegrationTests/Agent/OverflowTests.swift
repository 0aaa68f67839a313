import Foundation
import Glibc
import TandemSystem
import TandemTestSupport
import Testing

/// A burst that the kernel's queue does not hold, on either side of a real pair.
@Suite(.tags(.live), .serialized)
struct OverflowTests {
    /// Who is not running while the burst comes.
    enum Sleeper: String, CaseIterable, Sendable { case agent, receiver }

    @Test(arguments: Sleeper.allCases)
    func `what happens while the queue overflows arrives all the same, and the log says so`(
        _ sleeper: Sleeper
    ) throws {
        let agent = try AgentOnSSH()
        let laptop = agent.pair.laptop
        let side = sleeper == .agent ? laptop : agent.pair.root
        try agent.write("old", to: "old/a", on: laptop)
        try agent.write("here", to: "stays/a", on: laptop)
        let up = try agent.tandem("up", "--all")
        try #require(up.code == 0, "\(up.said)")
        try agent.flush()

        let program =
            try sleeper == .agent ? agent.agentProcess : agent.pair.receiverProcess
        program.process.signal(SIGSTOP)
        try overflowQueue(in: side)
        // No event tells of these any more.
        try FileManager.default.removeItem(atPath: "\(side)/old")
        try agent.write("there", to: "stays/a", on: side)
        try agent.write("deep", to: "new/deeper/a", on: side)
        program.process.signal(SIGCONT)

        try agent.flush()
        #expect(try agent.pair.differences() == "")
        let other = sleeper == .agent ? agent.pair.root : laptop
        #expect(agent.read("old/a", on: other) == nil)
        #expect(agent.read("stays/a", on: other) == "there")
        #expect(agent.read("new/deeper/a", on: other) == "deep")
        let log = try agent.tandem("log", "-C", laptop).output
        let who = sleeper == .agent ? "laptop" : "vm"
        #expect(log.contains("\(who): changes came faster than the kernel keeps them"), "\(log)")
        // It watches again, the new directories too.
        try agent.write("later", to: "new/deeper/b", on: side)
        try agent.flush()
        #expect(agent.read("new/deeper/b", on: other) == "later")
    }

    /// Makes more events than the kernel queues.
    private func overflowQueue(in root: String) throws {
        let text = try Command.run("cat", ["/proc/sys/fs/inotify/max_queued_events"])
        let limit = try #require(Int(String(decoding: text, as: UTF8.self).filter(\.isNumber)))
        // Two files in turn: the kernel joins events that are alike.
        for number in 0..<(limit + 1_000) {
            let descriptor = open("\(root)/burst\(number % 2)", O_WRONLY | O_CREAT, 0o644)
            try #require(descriptor >= 0)
            close(descriptor)
        }
    }
}
