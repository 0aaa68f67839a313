import TandemSystem
import TandemTree

/// Looks at the entries of one directory after the other and gathers what the tree shall hold.
struct DirectoryLooker: ~Copyable {
    private let fileSystem: any FileSystem
    private var reader: EntryReader
    private var found = DirectoryFindings()

    init(_ settings: ScanSettings, device: UInt64) {
        fileSystem = settings.fileSystem
        reader = EntryReader(settings, device: device)
    }

    /// Gives out what was gathered since the last call.
    mutating func take() -> DirectoryFindings {
        var taken = DirectoryFindings()
        swap(&taken, &found)
        let hashed = reader.takeCounts()
        taken.hashedFiles = hashed.files
        taken.hashedBytes = hashed.bytes
        return taken
    }

    /// Takes the memory of findings that are published back.
    mutating func reuse(_ old: consuming DirectoryFindings) {
        old.removeAll()
        found = old
    }

    /// Looks at one entry and keeps what stands there.
    ///
    /// - Parameters:
    ///   - name: its name, which a NUL follows; names come in the order of their bytes.
    ///   - directory: the open directory that holds it.
    ///   - job: the directory's job, its rules entered.
    ///   - cursor: where the walk beside the previous tree stands.
    /// - Throws: only "out of descriptors"; then nothing was kept, and it may be called again.
    mutating func look(
        at name: UnsafeBufferPointer<CChar>,
        in directory: Int32,
        _ job: ScanJob,
        _ cursor: inout PreviousCursor
    ) throws(SystemError) {
        let bytes = UnsafeRawBufferPointer(name)
        guard let base = name.baseAddress, admit(bytes, job) else { return }
        guard let status = status(at: directory, base, bytes, job) else { return }
        let isDirectory = status.kind == .directory
        if job.rules.ignores(bytes, isDirectory: isDirectory) { return }
        let previous = cursor.find(bytes)
        let known = previous.flatMap { cursor.known($0) }
        var look = try reader.look(at: directory, base, status, known: known)
        if case .problem(.keepsChanging, _) = look {
            // Swapped between status and open: what stands there now gets one look of its own.
            guard let status = self.status(at: directory, base, bytes, job) else { return }
            look = try reader.look(at: directory, base, status, known: nil)
        }
        keep(look, bytes, previous: previous)
    }

    /// Whether a name may stand in the tree at all.
    private mutating func admit(_ name: UnsafeRawBufferPointer, _ job: ScanJob) -> Bool {
        switch ScanName.check(name, below: job.pathLength) {
        case .fine: return true
        case .own: return false
        case .problem(let reason):
            found.problems.append((Array(name), reason))
            return false
        }
    }

    /// What stands at a name; nil when nothing does, or when it was noted as a problem.
    private mutating func status(
        at directory: Int32,
        _ name: UnsafePointer<CChar>,
        _ bytes: UnsafeRawBufferPointer,
        _ job: ScanJob
    ) -> FileStatus? {
        do throws(SystemError) {
            return try fileSystem.status(at: directory, name)
        } catch {
            if !job.rules.ignores(bytes, isDirectory: false) {
                let reason: Problem = error.isDenied ? .unreadable : .readFailed
                keep(.problem(reason, .zero), bytes, previous: nil)
            }
            return nil
        }
    }

    private mutating func keep(
        _ look: EntryReader.Look,
        _ name: UnsafeRawBufferPointer,
        previous: Tree.ID?
    ) {
        switch look {
        case .gone: return
        case .entry(let state, let stamp):
            if state.kind == .directory {
                found.subdirectories.append(
                    .init(index: found.batch.count, name: Array(name), previous: previous)
                )
            }
            found.batch.append(name: name, state: state, stamp: stamp)
        case .problem(let reason, let stamp):
            found.problems.append((Array(name), reason))
            found.batch.append(name: name, state: EntryState(kind: .other), stamp: stamp)
        }
    }
}
