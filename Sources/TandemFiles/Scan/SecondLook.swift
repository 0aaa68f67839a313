import TandemSystem
import TandemTree

/// Settles the entries that were directories in the listing and could not be read as such.
struct SecondLook {
    private let settings: ScanSettings
    private let root: SyncRoot

    init(_ settings: ScanSettings, _ root: SyncRoot) {
        self.settings = settings
        self.root = root
    }

    /// Gives each doubtful entry its last state.
    func settle(_ state: inout ScanShared.State) {
        guard !state.doubts.isEmpty else { return }
        var reader = EntryReader(settings, device: root.device)
        // Paths first: settling one entry may take others out of the tree.
        let doubts = state.doubts.map { (state.tree.path(of: $0.id), $0.doubt) }
        for (path, doubt) in doubts {
            switch doubt {
            case .problem(let reason): note(reason, at: path, in: &state)
            case .changed: lookAgain(at: path, &reader, in: &state)
            }
        }
        let hashed = reader.takeCounts()
        state.statistics.hashedFiles += hashed.files
        state.statistics.hashedBytes += hashed.bytes
    }

    private func note(_ reason: Problem, at path: RelativePath, in state: inout ScanShared.State) {
        let stamp = state.tree.find(path).map { state.tree.stamp(of: $0) } ?? .zero
        // The parent stands: the entry was published as its child, and parents are never doubted.
        _ = try? state.tree.put(path, EntryState(kind: .other), stamp: stamp)
        state.problems.append(ProblemEntry(path: path, reason: reason))
    }

    /// What a listed directory has become: nothing, a file, a link, or a directory again.
    private func lookAgain(
        at path: RelativePath,
        _ reader: inout EntryReader,
        in state: inout ScanShared.State
    ) {
        do throws(SystemError) {
            switch try look(at: path, &reader) {
            case .gone:
                state.tree.remove(path)
                state.statistics.entries -= 1
            case .entry(let entry, let stamp) where entry.kind != .directory:
                _ = try? state.tree.put(path, entry, stamp: stamp)
            // A directory again, and its content was never read: saying "empty" would be a lie.
            case .entry: note(.keepsChanging, at: path, in: &state)
            case .problem(let reason, _): note(reason, at: path, in: &state)
            }
        } catch {
            note(.keepsChanging, at: path, in: &state)
        }
    }

    private func look(
        at path: RelativePath,
        _ reader: inout EntryReader
    ) throws(SystemError) -> EntryReader.Look {
        guard let above = path.parent else { return .gone }
        let fileSystem = settings.fileSystem
        let parent = HeldDescriptor(
            try fileSystem.openBeneath(root: root.descriptor, above),
            of: fileSystem
        )
        let directory = parent.raw
        return try withCName(path.name) { name throws(SystemError) in
            guard let status = try fileSystem.status(at: directory, name) else { return .gone }
            return try reader.look(at: directory, name, status, known: nil)
        }
    }
}
