package import ArgumentParser
import TandemDaemon
import TandemFiles
import TandemSnapshots
import TandemSystem
import TandemTree

/// Opens a store for a command, and says what went wrong in the manner of all of them.
private enum StoreWork {
    static func run(_ store: String, _ body: (SnapshotStore) throws -> Void) throws {
        ProcessSettings.harden()
        do {
            do throws(SystemError) { try StateDirectories.prepare(store) } catch {
                throw SnapshotError(.failed, "\(error)", next: "give another --store")
            }
            try body(try SnapshotStore(at: store, on: RealFileSystem()))
        } catch let error as SnapshotError {
            SnapshotOutput.complain(error.what, next: error.next)
            throw ExitCode(DaemonExit.failed)
        } catch let error as StateError {
            SnapshotOutput.complain("\(error)", next: "give another --state")
            throw ExitCode(DaemonExit.permission)
        }
    }

    static func line(_ info: SnapshotInfo) -> String {
        let manifest = info.manifest
        let pin = info.isPinned ? " pinned" : ""
        return "\(info.shortID) \(Timestamp.text(manifest.time)) \(manifest.files) files "
            + "\(manifest.bytes) bytes, new \(manifest.newBytes), stored \(manifest.storedBytes), "
            + "problems \(manifest.problemCount)\(pin) \(escaped(manifest.label.utf8))"
    }
}

/// `tandem-snapshot take`.
package struct SnapshotTakeCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "take",
        abstract: "Take one snapshot, without a daemon.",
        discussion: "  tandem-snapshot take --root ~/app --store ~/snapshots --state ~/snapstate"
    )

    @OptionGroup package var tree: TreeOptions

    @Option(help: "The directory of the snapshots.")
    package var store: String

    @Option(help: "What to call it.")
    package var label = ""

    package init() {}

    package func run() throws {
        try DaemonStart.prepare(
            root: tree.root,
            places: [("--state", tree.state), ("--store", store)]
        )
        try StoreWork.run(store) { store in
            var taker = SnapshotTaker(
                try tree.source(),
                into: store,
                fileSystem: RealFileSystem()
            )
            print(StoreWork.line(try taker.take(reason: .request, label: label)))
        }
    }
}

/// `tandem-snapshot ls`.
package struct SnapshotListCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List the snapshots of a store, oldest first.",
        discussion: "  tandem-snapshot ls --store ~/snapshots"
    )

    @Option(help: "The directory of the snapshots.")
    package var store: String

    package init() {}

    package func run() throws {
        try StoreWork.run(store) { store in
            for info in try store.list() { print(StoreWork.line(info)) }
        }
    }
}

/// `tandem-snapshot restore`.
package struct SnapshotRestoreCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Restore a snapshot, or a part of it, to a place where nothing stands.",
        discussion: "  tandem-snapshot restore latest /tmp/back --store ~/snapshots --path src"
    )

    @Argument(help: "The start of a snapshot's id, or latest.")
    package var id: String

    @Argument(help: "Where to, an absolute path; its directory is there, it is not.")
    package var place: String

    @Option(help: "The directory of the snapshots.")
    package var store: String

    @Option(help: "Restore only this entry, with all below it.")
    package var path = ""

    package init() {}

    package func run() throws {
        guard let path = try? RelativePath(validating: Array(self.path.utf8)) else {
            throw ValidationError("--path takes a path below the root, such as src/main.swift")
        }
        try StoreWork.run(store) { store in
            let target = try NewPlace(place, on: RealFileSystem())
            try store.read(try store.find(id), path) { try target.take($0) }
            try target.finish()
            print("restored \(target.entries) entries, \(target.bytes) bytes")
        }
    }
}

/// `tandem-snapshot prune`.
package struct SnapshotPruneCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Forget snapshots by the --keep-… rules and remove what no other needs.",
        discussion: "  tandem-snapshot prune --store ~/snapshots --keep-last 10 --dry-run"
    )

    @OptionGroup package var keep: KeepOptions

    @Option(help: "The directory of the snapshots.")
    package var store: String

    @Flag(name: [.customShort("n"), .long], help: "Say what would be done, and do nothing.")
    package var dryRun = false

    package init() {}

    package func run() throws {
        try StoreWork.run(store) { store in
            let report = try store.prune(keep.policy, dryRun: dryRun)
            for decision in report.decisions {
                print("\(decision.snapshot.id.prefix(10)) \(decision.explanation)")
            }
            print(
                "packs removed \(report.removedPacks), written anew \(report.rewrittenPacks); "
                    + "bytes before \(report.bytesBefore), after \(report.bytesAfter)"
            )
        }
    }
}

/// `tandem-snapshot verify`.
package struct SnapshotVerifyCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Read a whole store; exit 1 and say which snapshots are hurt if it is damaged.",
        discussion: "  tandem-snapshot verify --store ~/snapshots"
    )

    @Option(help: "The directory of the snapshots.")
    package var store: String

    package init() {}

    package func run() throws {
        try StoreWork.run(store) { store in
            let report = try store.verify()
            for sentence in report.damage { print(sentence) }
            for hurt in report.hurt {
                print("hurt: \(hurt.id.hex.prefix(10)), \(hurt.count) entries")
                for path in hurt.paths { print("  \(path)") }
            }
            print(
                "\(report.snapshots) snapshots, \(report.packs) packs, \(report.objects) objects, "
                    + "\(report.bytesRead) bytes read: \(report.isClean ? "whole" : "damaged")"
            )
            if !report.isClean { throw ExitCode(1) }
        }
    }
}
