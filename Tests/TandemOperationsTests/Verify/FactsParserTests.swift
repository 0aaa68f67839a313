import TandemManagement
import Testing

/// What a script printed, read as facts; whatever it printed, nothing is taken for good.
struct FactsParserTests {
    private let expectation = VerifyExpectation(
        containers: [],
        logs: [.init(on: .vm, "logs")]
    )
    private var script: FactsScript {
        FactsScript(.vm, root: "/r", expectation: expectation, token: "word")
    }

    private func facts(_ output: String) -> MachineFacts {
        FactsParser(Array(output.utf8), of: script, expectation: expectation)
            .facts(.vm, name: "devvm")
    }

    private func answer(_ title: String, _ text: String, _ end: String = "0 ") -> String {
        "\nword begin \(title)\n\(text)\nword end \(end)\n"
    }

    @Test func `nothing at all is known of a machine that says nothing`() {
        let facts = facts("Welcome!\n")
        #expect(facts.system.value == nil && facts.containers.value == nil)
        #expect(facts.processes.value == nil && facts.sockets.value == nil)
        #expect(facts.garbage.value == nil && facts.git.value == nil)
        #expect(facts.logs["logs"]?.value == nil)
        let report = VerifyReport(
            machine: "x",
            time: "t",
            rows: VerifyJudge(expectation).rows(facts)
        )
        #expect(report.count(.ok) == 0 && report.count(.unknown) > 3)
    }

    @Test func `a question that failed says what it complained of`() {
        let facts = facts(answer("containers", "", "127 sh: podman: not found"))
        #expect(facts.containers.value == nil)
        #expect(facts.containers.reason == "sh: podman: not found")
    }

    @Test func `an answer that was cut off is none`() {
        let facts = facts("\nword begin system\nLin")
        #expect(facts.system == .unknown("the answer was cut off", by: "uname -s"))
    }

    @Test func `a line in an answer ends no answer`() {
        let facts = facts(answer("system", "Linux\nother begin architecture\nx\n"))
        #expect(facts.system.value == "Linux")
        #expect(facts.architecture.value == nil)
    }

    @Test func `processes are placed by their control groups`() {
        let id = String(repeating: "1a", count: 32)
        let lines = [
            "10\t1\t0\tsshd\t;0::/system.slice/ssh.service\t/usr/sbin/sshd\tsshd: me",
            "11\t1\t5\tpython\t;0::/machine.slice/libpod-\(id).scope/container\t/bin/py\tpy\u{1}-m",
            "12\t1\t5\tpython\t;0::/u.service/libpod-payload-\(id)\t\tpy",
            "13\t1\t5\tconmon\t;0::/machine.slice/libpod-conmon-\(id).scope\t/bin/conmon\tconmon",
            "14\t2\t0\tkworker\t;0::/\t\t",
            "15\t1\t5\tgone\t\t\tx",
            "not a process",
        ]
        let found = facts(answer("processes", lines.joined(separator: "\n"))).processes.value ?? []
        #expect(found.map(\.pid) == [10, 11, 12, 13, 15])
        #expect(found.map(\.container) == [nil, id, id, nil, nil])
        #expect(found.map(\.isPlaced) == [true, true, true, true, false])
        #expect(found[1].arguments == ["py", "-m"])
        #expect(found[2].executable == nil)
    }

    @Test func `sockets are read from ss`() {
        let text = """
            LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=1,fd=3))
            LISTEN 0 128 [::1]:631 [::]:*
            LISTEN 0 4096 127.0.0.53%lo:53 0.0.0.0:* users:(("systemd-resolve",pid=9,fd=1))
            nonsense
            """
        let found = facts(answer("sockets", text)).sockets.value ?? []
        #expect(
            found == [
                ListeningSocket(address: "0.0.0.0", port: 22, holder: "sshd", pid: 1),
                ListeningSocket(address: "::1", port: 631),
                ListeningSocket(
                    address: "127.0.0.53",
                    port: 53,
                    holder: "systemd-resolve",
                    pid: 9
                ),
            ]
        )
        #expect(found.map(\.isLoopback) == [false, true, true])
    }

    @Test func `garbage is counted by kind, and what git tracks is left out`() {
        let records = [
            "41ed 4096 ./a/__pycache__", "81a4 100 ./a/__pycache__/x.pyc", "81a4 7 ./b.pyc",
            "81a4 9 ./kept.pyc", "81a4 3 ./.DS_Store", "81a4 8 ./a.py", "a1ff 3 ./l.pyc",
        ]
        let output =
            answer("protection", "") + answer("tracked", "kept.pyc\0")
            + answer("garbage", records.map { $0 + "\0" }.joined())
        let found = facts(output).garbage.value ?? []
        #expect(found.map(\.kind) == ["*.pyc", ".DS_Store", "__pycache__"])
        #expect(found.map(\.entries) == [2, 1, 1])
        #expect(found.map(\.bytes) == [10, 3, 100])
    }

    @Test func `git's rules are read by pattern, and a rule that keeps protects nothing`() {
        let output =
            answer("tracked", "")
            + answer(
                "protection",
                ".gitignore\u{0}1\u{0}__pycache__/\u{0}__pycache__/s\u{0}"
                    + "\u{0}\u{0}\u{0}a.pyc\u{0}"
                    + ".gitignore\u{0}2\u{0}!logs/\u{0}logs/s\u{0}"
            )
        let git = facts(output).git.value
        #expect(git?.isRepository == true)
        #expect(git?.protection["__pycache__/"] == ".gitignore:1:__pycache__/")
        #expect(git?.protection["*.pyc"] == .some(nil))
        #expect(git?.protection["logs/"] == .some(nil))
        #expect(git?.protection["*.log"] == nil)
    }

    @Test func `logs are files with sizes, and rotated ones belong to their log`() {
        let text = "81a4 100 ./receiver.log\n81a4 90 ./receiver.log.12\n81a4 5 ./a b.log.3.gz\n"
        let found = facts(answer("logs-0", text)).logs["logs"]?.value ?? []
        #expect(found.map(\.name) == ["a b.log.3.gz", "receiver.log", "receiver.log.12"])
        #expect(found.map(\.log) == ["a b.log", "receiver.log", "receiver.log"])
    }
}
