import TandemConfiguration
import TandemDaemon
import TandemFiles
package import TandemProject
import TandemSync
import TandemSystem
import TandemTree

/// What of a pair's `tandem.yml` a command works with, and what it has to say about it.
package struct ProjectGate: Sendable {
    package var settings: ProjectSettings
    /// For standard error.
    package var notes: [StyledText] = []
}

extension CommandContext {
    /// The configuration of a pair, as this process finds it.
    package func configurationWatch(of entry: PairEntry) throws -> ConfigurationWatch {
        let state = laptopPair(entry).stateDirectory
        try StateDirectories.prepare(state, forbidden: 0o077)
        // Whatever brought the root's files: without a file of the pair's, they may be the vm's.
        return ConfigurationWatch(root: entry.root, stateDirectory: state, mode: .twoWay)
    }

    /// What is in force for a pair; for a plan, what the file as it stands would bring.
    ///
    /// - Throws: `CommandError` where nothing was ever approved, or the file is wrong.
    package func project(of entry: PairEntry, isPlan: Bool) throws -> ProjectGate {
        let watch = try configurationWatch(of: entry)
        let outcome: ConfigurationWatch.Outcome
        do {
            outcome = try watch.start(isAgent: false)
        } catch let error as SystemError {
            // A root that cannot be opened is for the push to tell: it halts, and says what to do.
            guard Self.canOpen(entry.root) else { return ProjectGate(settings: watch.settings) }
            throw error
        }
        let file = ConfigurationFiles(root: entry.root)
        switch outcome {
        case .changed, .unchanged:
            try refuseWhatIsNotDone(file, watch)
            return ProjectGate(settings: watch.settings)
        case .wrong(let error):
            guard watch.trust.approved != nil else { throw error }
            var gate = ProjectGate(settings: watch.settings)
            gate.notes = error.problems.map { StyledText("\($0)", .warning) }
            gate.notes.append("what was approved before still holds; `tandem config check`")
            return gate
        case .waiting(let pending):
            return try waiting(pending, file, watch, entry, isPlan: isPlan)
        }
    }

    private static func canOpen(_ root: String) -> Bool {
        let fileSystem = RealFileSystem()
        guard let opened = try? SyncRoot.open(root, on: fileSystem) else { return false }
        fileSystem.close(opened.descriptor)
        return true
    }

    private func waiting(
        _ pending: ConfigurationTrust.Pending,
        _ file: ConfigurationFiles,
        _ watch: ConfigurationWatch,
        _ entry: PairEntry,
        isPlan: Bool
    ) throws -> ProjectGate {
        let origin = pending.origin == .vm ? "came from the vm" : "changed while nobody looked"
        let what = "\(Configuration.fileName) \(origin) and waits for approval"
        let next = "look at it, then approve it: tandem config approve \(entry.name)"
        guard isPlan else {
            guard watch.trust.approved != nil else {
                throw CommandError(.configuration, what, at: file.sharedFile, next: next)
            }
            let notes = [StyledText("\(what); what was approved before holds", .warning)]
            return ProjectGate(settings: watch.settings, notes: notes + ["  next: \(next)"])
        }
        // A plan writes nothing and runs nothing, so the file may be tried before it is approved.
        let settings =
            try file.shared().map {
                ProjectSettings(try Configuration.read($0, local: try file.local()))
            } ?? ProjectSettings(withoutFile: .twoWay)
        var gate = ProjectGate(settings: settings)
        gate.notes = [StyledText("planned with \(what); it changes:", .warning)]
        let change = SettingsChange(from: watch.settings, to: settings)
        gate.notes += change.sentences.map { StyledText("  \($0)") }
        if change.isEmpty { gate.notes.append("  nothing that has an effect") }
        return gate
    }

    private func refuseWhatIsNotDone(
        _ file: ConfigurationFiles,
        _ watch: ConfigurationWatch
    ) throws {
        guard let content = try file.shared() else { return }
        try ProjectFile.refuseWhatIsNotDone(Configuration.read(content, local: try file.local()))
    }

    /// Approves the file that a person has just named on this laptop, if there is one.
    package func approveFile(of entry: PairEntry) throws {
        let file = ConfigurationFiles(root: entry.root)
        guard let content = try file.shared() else { return }
        let state = laptopPair(entry).stateDirectory
        try StateDirectories.prepare(state, forbidden: 0o077)
        let store = TrustStore(stateDirectory: state)
        var trust = store.load()?.trust ?? ConfigurationTrust()
        guard trust.approved == nil else { return }
        trust.approve(Configuration.digest(of: content))
        try store.save(trust, content: content)
    }
}

extension ProjectSettings {
    /// The modes that a push to the vm works in.
    ///
    /// - Throws: `CommandError` where nothing at all goes to the vm.
    var checkedPushModes: ModeMap {
        get throws {
            let modes = pushModes
            guard modes.inUse == [.off] else { return modes }
            throw CommandError(
                .configuration,
                "tandem.yml says mode: \(rootMode.rawValue), so nothing goes to the vm",
                next: "change the mode, or leave it as it is"
            )
        }
    }
}
