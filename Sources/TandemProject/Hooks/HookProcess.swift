import Dispatch
import Glibc
import TandemSSH
import TandemSystem

/// A hook that runs: its output, its end, and how to end it.
protocol HookProcess: Sendable {
    func read(
        into buffer: UnsafeMutableRawBufferPointer,
        until deadline: DispatchTime
    ) throws -> Int
    func exit(until deadline: DispatchTime) -> RemoteExit?
    func kill()
    func close()
}

/// A hook on the laptop, in a process group of its own.
final class LaptopHookProcess: HookProcess {
    private let child: ChildProcess
    private let output: DescriptorLink

    /// Starts `sh` with the hook's variables beside this process's own.
    init(_ run: HookRun, root: String, changedFile: String, environment: [String]) throws {
        let pipe = try Pipe()
        let own = run.variables(root: root) + [.init("TANDEM_CHANGED_FILE", changedFile)]
        child = try ChildProcess.start(
            "/bin/sh",
            run.wordsOnLaptop(),
            environment: environment + own.map { "\($0.name)=\($0.value)" },
            descriptors: .init(output: pipe.writing.raw, error: pipe.writing.raw)
        )
        let reading = pipe.keepReading()
        output = DescriptorLink(input: reading, output: reading)
    }

    func read(
        into buffer: UnsafeMutableRawBufferPointer,
        until deadline: DispatchTime
    ) throws -> Int {
        try unsafe output.read(into: buffer, until: deadline)
    }

    func exit(until deadline: DispatchTime) -> RemoteExit? {
        switch child.wait(until: deadline) {
        case .status(let code): .status(code)
        case .signal(let number): .signal("\(number)")
        case nil: nil
        }
    }

    func kill() { child.signal(SIGKILL) }

    func close() {
        child.terminate()
        output.close()
    }
}

/// A hook in the workload container, over an SSH connection of its own.
final class VMHookProcess: HookProcess {
    private let shell: any WorkloadShell
    private let link: any CommandLink
    private let command: WorkloadCommand

    /// Starts the hook and gives it the list of changed paths.
    init(_ run: HookRun, workload: Workload, shell: any WorkloadShell) throws {
        command = WorkloadCommand(
            workload,
            words: run.words(inContainer: run.hook.command),
            variables: run.variables(root: workload.directory ?? "")
        )
        self.shell = shell
        let script = command.script
        link = try shell.start(script.command, standardError: nil)
        let input = script.standardInput + run.changedList
        WorkerThread.start("hook-input") { [link] in
            // A hook that ends before it read its list has said why.
            try? link.write(input)
            link.finishWriting()
        }
    }

    func read(
        into buffer: UnsafeMutableRawBufferPointer,
        until deadline: DispatchTime
    ) throws -> Int {
        try unsafe link.read(into: buffer, until: deadline)
    }

    func exit(until deadline: DispatchTime) -> RemoteExit? { link.waitForExit(until: deadline) }

    /// What Podman itself complained about.
    var trouble: String { link.standardErrorText }

    func kill() { try? command.signal("KILL", by: shell) }

    func close() {
        link.close()
        shell.close()
    }
}

extension WorkloadCommand {
    /// Sends a signal to the command and all it started.
    ///
    /// - Throws: `SSHError`, `LinkError`.
    package func signal(_ name: String, by shell: any WorkloadShell) throws {
        let script = signalScript(name)
        let link = try shell.start(script.command, standardError: nil)
        _ = try link.runToEnd(
            input: script.standardInput,
            limit: 4096,
            until: .now() + .seconds(script.seconds)
        )
    }
}
