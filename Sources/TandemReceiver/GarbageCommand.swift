package import ArgumentParser
import Glibc
import TandemDaemon
import TandemFiles
import TandemSystem
import TandemTree

/// Counts, cleans and brings back the garbage of a root, for `tandem garbage` on the laptop.
package struct GarbageCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "garbage",
        abstract: "Count the garbage below a root, or move it to the root's garbage shelf.",
        discussion: """
            Prints one JSON object a line. With --given the ignore rules of the laptop and the
            files that git tracks come over standard input.

            Example:
              tandem-receiver garbage --root /app
            """
    )

    @Option(help: "The directory to look through.")
    package var root: String

    @Option(help: "Move the garbage to the shelf, as a batch of this name.")
    package var clean: String?

    @Option(help: "Bring a batch back.")
    package var undo: String?

    @Option(help: "Throw a batch away for good.")
    package var forget: String?

    @Option(name: .customLong("group"), help: "Only this group; may be given several times.")
    package var groups: [String] = []

    @Flag(help: "Look into node_modules too.")
    package var nodeModules = false

    @Flag(help: "Look into .venv and venv too.")
    package var venv = false

    @Flag(help: "Read rules and tracked files from standard input.")
    package var given = false

    package init() {}

    package func run() throws {
        ProcessSettings.harden()
        let job = try job()
        do {
            let fileSystem = RealFileSystem()
            let opened = try SyncRoot.open(root, on: fileSystem)
            defer { fileSystem.close(opened.descriptor) }
            Self.show(try job.run(opened, on: fileSystem), of: job)
        } catch let error as ApplyError where error.code == .noSuchItem {
            ReceiverOutput.complain("\(error)", next: "list them without --undo")
            throw ExitCode(DaemonExit.failed)
        } catch {
            ReceiverOutput.complain("\(error)", next: "see who owns \(root) and may write there")
            throw ExitCode(DaemonExit.failed)
        }
    }

    private func job() throws -> GarbageJob {
        var actions: [GarbageJob.Action] = []
        if let clean { actions.append(.clean(clean)) }
        if let undo { actions.append(.undo(undo)) }
        if let forget { actions.append(.forget(forget)) }
        guard actions.count <= 1 else {
            throw ValidationError("--clean, --undo and --forget exclude each other")
        }
        var job = GarbageJob(actions.first ?? .look)
        job.options.entersNodeModules = nodeModules
        job.options.entersVirtualEnvironments = venv
        if !groups.isEmpty {
            job.groups = Set(
                try groups.map { name in
                    guard let group = GarbageGroup(rawValue: name) else {
                        throw ValidationError("there is no group \(name)")
                    }
                    return group
                }
            )
        }
        if given {
            guard let knowledge = GarbageKnowledge(decoding: Self.readInput()) else {
                throw ValidationError("standard input has no rules")
            }
            // As with a scan: the rules of the laptop hold, and no file of the tree is evaluated.
            job.options.rules = .given(knowledge.rules)
            job.tracked = knowledge.tracked
        } else {
            job.options.rules = .given(.standard)
        }
        return job
    }

    private static func readInput() -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= GarbageKnowledge.longest {
            let count = unsafe read(STDIN_FILENO, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return bytes }
            bytes.append(contentsOf: chunk[..<count])
        }
        return []
    }

    /// As many remarks as a person may read; the rest is counted.
    private static let mostRemarks = 1000

    private static func show(_ answer: GarbageJob.Answer, of job: GarbageJob) {
        func line(_ fill: (inout JSONLine) -> Void) {
            var line = JSONLine()
            fill(&line)
            print(String(decoding: line.finished(newline: false), as: UTF8.self))
        }
        for sum in answer.sums {
            line {
                $0.add("kind", sum.kind.name)
                $0.add("entries", sum.entries)
                $0.add("files", sum.files)
                $0.add("bytes", sum.bytes)
            }
        }
        for path in answer.repositories {
            line { $0.add("repository", hex(path.bytes)) }
        }
        for remark in answer.remarks.prefix(mostRemarks) {
            line {
                $0.add("left", remark.path.description)
                $0.add("reason", remark.reason)
            }
        }
        for batch in answer.batches {
            line {
                $0.add("batch", batch.id)
                $0.add("time", batch.time)
                $0.add("entries", batch.entries)
            }
        }
        line {
            $0.add("done", true)
            $0.add("moved", answer.outcome?.moved ?? 0)
            $0.add("bytes", answer.outcome?.bytes ?? 0)
            $0.add("remarks", answer.remarks.count)
        }
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
