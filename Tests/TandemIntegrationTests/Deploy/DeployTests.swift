import Foundation
import Glibc
import TandemSystem
import TandemTestSupport
import Testing

/// `tandem pair --deploy=process` by the real programs, over a real sshd.
struct DeployTests {
    @Test(.tags(.live)) func `a receiver is deployed, used, and left alone the second time`() throws
    {
        let vm = try DeployedVM()
        try vm.laptop.write("hello", to: "a.txt")
        let first = try vm.deploy()
        #expect(first.exit == .status(0), "\(first.errors)")
        #expect(first.steps == ["copy-receiver", "start"], "\(first.output)")
        #expect(first.errors.contains("deploying a receiver (process); this will\n"))
        #expect(first.errors.contains("[1/2] copy the receiver"))
        let push = try vm.push()
        #expect(push.exit == .status(0), "\(push.summary)")
        #expect(vm.read("a.txt") == "hello")

        let pid = try #require(vm.receiverPID)
        let before = try Self.state(of: vm)
        let second = try vm.deploy()
        #expect(second.exit == .status(0), "\(second.errors)")
        #expect(second.steps == [])
        #expect(second.errors.contains("deployed already"))
        #expect(vm.receiverPID == pid)
        #expect(try Self.state(of: vm) == before)
        try vm.laptop.write("again", to: "b.txt")
        #expect(try vm.push().exit == .status(0))
        #expect(vm.read("b.txt") == "again")
        let names = try FileManager.default.contentsOfDirectory(atPath: vm.home)
        #expect(Set(names) == [".local", "my \"app\"; touch x"])
    }

    /// Names, sizes, modes and times of all that a deployment writes.
    private static func state(of vm: DeployedVM) throws -> [String] {
        let files = FileManager.default
        var state: [String] = []
        for folder in ["\(vm.home)/.local/lib", "\(vm.home)/.local/state/tandem/run"] {
            for name in try files.subpathsOfDirectory(atPath: folder).sorted() {
                let about = try files.attributesOfItem(atPath: "\(folder)/\(name)")
                let mode = about[.posixPermissions] as? Int ?? 0
                let time = (about[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
                state.append("\(name) \(about[.size] ?? 0) \(String(mode, radix: 8)) \(time)")
            }
        }
        return state
    }

    @Test(.tags(.live)) func `what is deployed is the account's alone`() throws {
        let vm = try DeployedVM()
        let deployed = try vm.deploy()
        #expect(deployed.exit == .status(0), "\(deployed.errors)")
        let modes = [
            ".local/lib/tandem/tandem-receiver": 0o755, ".local/lib/tandem": 0o700,
            ".local/state/tandem/run": 0o700, ".local/state/tandem/receiver": 0o700,
            ".local/state/tandem/run/receiver.sock": 0o600, "my \"app\"; touch x": 0o700,
        ]
        for (name, mode) in modes {
            let about = try FileManager.default.attributesOfItem(atPath: "\(vm.home)/\(name)")
            #expect(about[.posixPermissions] as? Int == mode, "\(name)")
        }
    }

    @Test(.tags(.live)) func `another receiver replaces the one that runs`() throws {
        let vm = try DeployedVM()
        #expect(try vm.deploy().exit == .status(0))
        let old = try #require(vm.receiverPID)
        let newer = try vm.deploy(try vm.otherReceiver())
        #expect(newer.exit == .status(0), "\(newer.errors)")
        #expect(newer.steps == ["copy-receiver", "restart"])
        let new = try #require(vm.receiverPID)
        #expect(new != old)
        try vm.laptop.write("hello", to: "a.txt")
        #expect(try vm.push().exit == .status(0))
    }

    @Test(.tags(.live, .crash)) func `a receiver that ended is started again`() throws {
        let vm = try DeployedVM()
        #expect(try vm.deploy().exit == .status(0))
        kill(try #require(vm.receiverPID), SIGKILL)
        let again = try vm.deploy()
        #expect(again.exit == .status(0), "\(again.errors)")
        #expect(again.steps == ["start"])
        try vm.laptop.write("hello", to: "a.txt")
        #expect(try vm.push().exit == .status(0))
    }

    @Test(.tags(.live)) func `a pid file that names another program's process ends nothing`() throws
    {
        let vm = try DeployedVM()
        let run = "\(vm.home)/.local/state/tandem/run"
        try FileManager.default.createDirectory(atPath: run, withIntermediateDirectories: true)
        // This process: the test would not come to its end.
        try "\(getpid())\n".write(toFile: "\(run)/receiver.pid", atomically: false, encoding: .utf8)
        let deployed = try vm.deploy()
        #expect(deployed.steps == ["copy-receiver", "start"], "\(deployed.errors)")
    }

    @Test(.tags(.live), arguments: ["exec", "openssh"])
    func `a deployed receiver is reached by a command too`(_ transport: String) throws {
        let vm = try DeployedVM()
        try vm.laptop.write("hello", to: "a.txt")
        let deployed = try vm.deploy(extra: ["--transport", transport])
        #expect(deployed.exit == .status(0), "\(deployed.errors)")
        let push = try vm.push()
        #expect(push.exit == .status(0), "\(push.summary)")
        #expect(vm.read("a.txt") == "hello")
    }

    @Test(.tags(.live)) func `a second root on the same account is refused`() throws {
        let vm = try DeployedVM()
        #expect(try vm.deploy(root: "one").exit == .status(0))
        let other = try vm.deploy(root: "two", extra: ["--name", "x"])
        #expect(other.exit != .status(0))
        let pid = try #require(vm.receiverPID)
        kill(pid, SIGTERM)
    }

    @Test(.tags(.live)) func `a receiver that does not start says why`() throws {
        let vm = try DeployedVM()
        let state = "\(vm.home)/.local/state/tandem"
        // Not a directory, where the receiver keeps its logs.
        try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
        try "".write(toFile: "\(state)/logs", atomically: false, encoding: .utf8)
        let deployed = try vm.deploy()
        #expect(deployed.exit == .status(2), "\(deployed.output)")
        #expect(deployed.errors.contains("could not start the receiver on the vm"))
        #expect(vm.receiverPID == nil)
    }
}
