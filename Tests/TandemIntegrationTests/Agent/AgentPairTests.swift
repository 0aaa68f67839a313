import Foundation
import Glibc
import TandemSystem
import TandemTestSupport
import Testing

/// The agent and its commands over a real sshd.
@Suite(.tags(.live))
struct AgentPairTests {
    private let agent: AgentOnSSH
    private var laptop: String { agent.pair.laptop }
    private var vm: String { agent.pair.root }

    init() throws {
        agent = try AgentOnSSH()
        try agent.write("one", to: "src/a.txt", on: agent.pair.laptop)
        let up = try agent.tandem("up", "--all")
        try #require(up.code == 0, "\(up.said)")
    }

    @Test func `what either side saves is on the other when a flush returns`() throws {
        try agent.flush()
        #expect(agent.read("src/a.txt", on: vm) == "one")
        try agent.write("two", to: "src/b.txt", on: laptop)
        try agent.write("three", to: "c.txt", on: vm)
        try FileManager.default.removeItem(atPath: "\(laptop)/src/a.txt")
        let flush = try agent.flush()
        #expect(flush.output.contains("in sync, tree "))
        #expect(try agent.pair.differences() == "")
        #expect(agent.read("c.txt", on: laptop) == "three")
        #expect(agent.read("src/a.txt", on: vm) == nil)
        let status = try agent.tandem("status")
        #expect(status.code == 0)
        #expect(status.output.contains("ok"), "\(status.said)")
        let log = try agent.tandem("log", "-C", laptop).output
        for line in [
            "sent           src/b.txt", "received       c.txt", "removed-on-vm  src/a.txt",
        ] {
            #expect(log.contains(line), "\(log)")
        }
        let push = try agent.tandem("push", "-C", laptop)
        #expect(push.code == 0, "\(push.said)")
        #expect(push.output.contains("in sync, tree "))
    }

    @Test(.tags(.regression))
    func `a directory that holds nearly everything is renamed by either side, and nothing halts`()
        throws
    {
        for number in 0..<60 {
            try agent.write("text \(number)", to: "old/f\(number)", on: laptop)
        }
        try agent.write("out/\n", to: "old/.gitignore", on: laptop)
        try agent.flush()
        try agent.write("the vm's own", to: "old/out/made", on: vm)
        for (side, from, to) in [(vm, "old", "new"), (laptop, "new", "newer")] {
            try FileManager.default.moveItem(atPath: "\(side)/\(from)", toPath: "\(side)/\(to)")
            try agent.flush()
            for root in [laptop, vm] {
                #expect(agent.read("\(to)/f59", on: root) == "text 59")
                #expect(!FileManager.default.fileExists(atPath: "\(root)/\(from)"))
            }
            #expect(agent.read("\(to)/out/made", on: vm) == "the vm's own")
            #expect(agent.read("\(to)/out/made", on: laptop) == nil)
        }
        let log = try agent.tandem("log", "-C", laptop).output
        #expect(!log.contains("halted"), "\(log)")
        #expect(log.contains("renamed from old") && log.contains("renamed from new"), "\(log)")
    }

    @Test(.tags(.crash)) func `after kill -9 it goes on, without a human`() throws {
        try agent.flush()
        agent.killAgent()
        try agent.write("laptop", to: "l.txt", on: laptop)
        try agent.write("vm", to: "v.txt", on: vm)
        try agent.startAgent()
        try agent.flush()
        #expect(try agent.pair.differences() == "")
        #expect(agent.read("v.txt", on: laptop) == "vm")
    }

    @Test func `a dropped link and a receiver that starts anew need nobody`() throws {
        try agent.flush()
        for pid in agent.pair.server.sessionPIDs { kill(pid, SIGKILL) }
        try agent.write("after the cut", to: "x.txt", on: laptop)
        try agent.flush()
        #expect(agent.read("x.txt", on: vm) == "after the cut")
        agent.pair.stopReceiver()
        try agent.pair.startReceiver()
        try agent.write("after the restart", to: "y.txt", on: vm)
        try agent.flush()
        #expect(agent.read("y.txt", on: laptop) == "after the restart")
    }

    @Test func `a conflict is listed, compared and settled, and keeps its number`() throws {
        try agent.flush()
        #expect(try agent.tandem("pause", "--all").code == 0)
        _ = try agent.waitForStatus(#""phase" : "paused""#)
        try agent.write("port: 1\n", to: "src/a.txt", on: laptop)
        try agent.write("port: 2\n", to: "src/a.txt", on: vm)
        try agent.write("mine", to: "other.txt", on: laptop)
        #expect(try agent.tandem("resume", "--all").code == 0)
        try agent.flush(1)
        #expect(agent.read("other.txt", on: vm) == "mine", "a conflict blocks nothing else")
        #expect(agent.read("src/a.txt", on: vm) == "port: 2\n")
        #expect(try agent.tandem("status").code == 1)
        let list = try agent.tandem("conflicts", "-C", laptop)
        #expect(list.code == 1)
        #expect(list.output.contains(" 1  src/a.txt  both edited"), "\(list.said)")
        try agent.wait {
            let list = try agent.tandem("conflicts", "--json", "-C", laptop).output
            return list.contains(#""vmModified" : "20"#)
        }
        let diff = try agent.tandem("conflicts", "diff", "1", "-C", laptop)
        #expect(diff.output.hasSuffix("@@ -1 +1 @@\n-port: 1\n+port: 2\n"), "\(diff.said)")
        agent.killAgent()
        try agent.startAgent()
        try agent.flush(1)
        let resolve = try agent.tandem(
            "conflicts",
            "resolve",
            "1",
            "--keep",
            "laptop",
            "-C",
            laptop
        )
        #expect(resolve.code == 0, "\(resolve.said)")
        try agent.flush()
        #expect(agent.read("src/a.txt", on: vm) == "port: 1\n")
        #expect(try agent.pair.differences() == "")
        #expect(try agent.tandem("conflicts", "-C", laptop).code == 0)
        let shelf = try agent.tandem("recover", "list", "-C", laptop)
        #expect(shelf.output.contains("src/a.txt"), "what lost is on the shelf: \(shelf.said)")
        let log = try agent.tandem("log", "src/a.txt", "--action", "resolved", "-C", laptop)
        #expect(log.output.split(separator: "\n").count == 1, "one line for one act: \(log.said)")
        #expect(log.output.contains("as a person said  generation"), "\(log.said)")
    }

    @Test func `a conflict that changed after it was shown is not settled`() throws {
        try agent.flush()
        #expect(try agent.tandem("pause", "--all").code == 0)
        _ = try agent.waitForStatus(#""phase" : "paused""#)
        try agent.write("l1", to: "src/a.txt", on: laptop)
        try agent.write("v1", to: "src/a.txt", on: vm)
        #expect(try agent.tandem("resume", "--all").code == 0)
        try agent.flush(1)
        #expect(try agent.tandem("conflicts", "-C", laptop).code == 1)
        try agent.write("v2, unseen", to: "src/a.txt", on: vm)
        try agent.flush(1)
        let refused = try agent.tandem(
            "conflicts",
            "resolve",
            "1",
            "--keep",
            "laptop",
            "-C",
            laptop
        )
        #expect(refused.code == 1, "\(refused.said)")
        #expect(refused.errors.contains("changed since it was shown"))
        #expect(agent.read("src/a.txt", on: vm) == "v2, unseen")
        #expect(try agent.tandem("conflicts", "show", "1", "-C", laptop).code == 1)
        let both = try agent.tandem("conflicts", "resolve", "1", "--keep", "both", "-C", laptop)
        #expect(both.code == 0, "\(both.said)")
        try agent.flush()
        #expect(agent.read("src/a.txt", on: vm) == "l1")
        #expect(try agent.pair.differences() == "")
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(laptop)/src")
        let beside = try #require(names.first { $0 != "a.txt" })
        #expect(agent.read("src/\(beside)", on: laptop) == "v2, unseen")
    }

    @Test func `a key that needs a passphrase is named in the status, and nobody is asked`() throws
    {
        try agent.flush()
        #expect(try agent.tandem("down", "--all").code == 0)
        try agent.startAgent()
        let key = agent.pair.server.directory.path("user_ed25519")
        let plain = try String(contentsOfFile: key, encoding: .utf8)
        try Command.run("ssh-keygen", ["-q", "-p", "-P", "", "-N", "secret", "-f", key])
        #expect(try agent.tandem("up", "--all").code == 0)
        _ = try agent.waitForStatus("passphrase")
        let status = try agent.tandem("status")
        #expect(status.code == 1, "\(status.said)")
        #expect(status.output.contains("needs: ssh-add "), "\(status.said)")
        try plain.write(toFile: key, atomically: false, encoding: .utf8)
        #expect(try agent.tandem("up", "--all").code == 0)
        try agent.flush()
        #expect(try agent.tandem("status").code == 0)
    }

    @Test func `down frees the pair for a push by hand, and a reset unites both sides`() throws {
        try agent.flush()
        let busy = try agent.tandem("plan", "-C", laptop)
        #expect(busy.code == 0, "\(busy.said)")
        #expect(busy.output.hasPrefix("nothing to do: the agent keeps laptop in sync"))
        #expect(try agent.tandem("down", "-C", laptop).code == 0)
        try agent.write("by hand", to: "h.txt", on: laptop)
        let push = try agent.tandem("push", "-C", laptop)
        #expect(push.code == 0, "\(push.said)")
        #expect(agent.read("h.txt", on: vm) == "by hand")
        #expect(try agent.tandem("up", "-C", laptop).code == 0)
        try agent.flush()
        #expect(try agent.tandem("pause", "--all").code == 0)
        _ = try agent.waitForStatus(#""phase" : "paused""#)
        try agent.write("l", to: "h.txt", on: laptop)
        try agent.write("v", to: "h.txt", on: vm)
        #expect(try agent.tandem("resume", "--all").code == 0)
        try agent.flush(1)
        let plan = try agent.tandem("plan", "-C", laptop)
        #expect(plan.code == 1)
        #expect(
            plan.output.contains("1 conflict, left alone on both sides:\n  h.txt  (laptop: file")
        )
        let asked = try agent.tandem("reset", "--keep", "vm", "-C", laptop)
        #expect(asked.code == 64, "nobody is at a terminal: \(asked.said)")
        #expect(asked.errors.contains("1 on both and different"), "\(asked.said)")
        #expect(asked.errors.contains("the laptop's goes to its shelf: 1 version."))
        #expect(agent.read("h.txt", on: laptop) == "l")
        let reset = try agent.tandem("reset", "-y", "--keep", "vm", "-C", laptop)
        #expect(reset.code == 0, "\(reset.said)")
        #expect(agent.read("h.txt", on: laptop) == "v")
        #expect(try agent.pair.differences() == "")
    }

    @Test func `events tell of a change as it happens`() throws {
        try agent.flush()
        let events = try agent.pair.start(["events", "--all", "--json"])
        var edits = 0
        // Whatever is saved before it listens, it does not hear of.
        try events.wait {
            edits += 1
            try agent.write("edit \(edits)", to: "e.txt", on: laptop)
            return events.output.contains(#""event":"change""#)
        }
        #expect(events.output.contains(#""path":"e.txt""#))
        events.process.signal(SIGINT)
        #expect(try events.wait() == .status(130))
    }

    @Test func `what the shelf holds is taken back while the agent has the pair`() throws {
        try agent.flush()
        try FileManager.default.removeItem(atPath: "\(laptop)/src/a.txt")
        try agent.flush()
        let list = try agent.tandem("recover", "list", "-C", laptop)
        #expect(list.code == 0, "\(list.said)")
        #expect(list.output.contains("src/a.txt"), "\(list.said)")
        try agent.write("after", to: "b.txt", on: laptop)
        try agent.flush()
        #expect(agent.read("b.txt", on: vm) == "after", "the agent went on by itself")
    }
}
