import Glibc
import TandemSystem
import TandemTree

/// Looks at one entry of an open directory and says what the tree shall hold.
///
/// One reader belongs to one thread. It opens nothing but regular files.
struct EntryReader: ~Copyable {
    /// What stands at a name.
    enum Look {
        /// Nothing, or nothing any more.
        case gone
        case entry(EntryState, Stamp)
        case problem(Problem, Stamp)
    }

    /// What the previous scan knew of the name.
    struct Known {
        var state: EntryState
        var stamp: Stamp
    }

    private let fileSystem: any FileSystem
    private let device: UInt64
    private let window: RacyWindow
    private let time: any TimeSource
    private var hasher: FileHasher
    private var hashedFiles = 0
    private var hashedBytes: UInt64 = 0

    init(_ settings: ScanSettings, device: UInt64) {
        fileSystem = settings.fileSystem
        window = settings.window
        time = settings.time
        hasher = FileHasher(settings.fileSystem)
        self.device = device
    }

    /// How much was hashed since the last call.
    mutating func takeCounts() -> (files: Int, bytes: UInt64) {
        defer { (hashedFiles, hashedBytes) = (0, 0) }
        return (hashedFiles, hashedBytes)
    }

    /// Looks at an entry.
    ///
    /// - Parameters:
    ///   - directory: the open directory that holds it.
    ///   - name: its name.
    ///   - status: what a status call just said.
    ///   - known: what vouches for its content, if anything does.
    /// - Returns: what to put into the tree.
    /// - Throws: only "out of descriptors"; every other error is the entry's problem.
    mutating func look(
        at directory: Int32,
        _ name: UnsafePointer<CChar>,
        _ status: FileStatus,
        known: Known?
    ) throws(SystemError) -> Look {
        if status.isMountRoot { return .problem(.foreignMount, status.stamp) }
        switch status.kind {
        case .directory:
            // Only a directory's device tells: overlayfs gives files the device of their layer.
            guard status.device == device else { return .problem(.foreignMount, status.stamp) }
            return .entry(.directory, status.stamp)
        case .other: return .problem(.special, status.stamp)
        case .file, .link: break
        }
        if let known, vouches(known, for: status) { return .entry(known.state, status.stamp) }
        do throws(SystemError) {
            return status.kind == .link
                ? try readLink(at: directory, name, status)
                : try readFile(at: directory, name)
        } catch {
            return try Self.verdict(on: error, status.stamp)
        }
    }

    private func vouches(_ known: Known, for status: FileStatus) -> Bool {
        known.stamp != .zero && known.stamp == status.stamp && known.state.kind == status.kind
            && known.state.size == status.size && known.state.executable == status.isExecutable
    }

    private func readLink(
        at directory: Int32,
        _ name: UnsafePointer<CChar>,
        _ status: FileStatus
    ) throws(SystemError) -> Look {
        let started = time.wall
        let target = try fileSystem.readLink(at: directory, name)
        let stamp = window.settled(status.stamp, readSince: started, by: time)
        // Some file systems report another size than the target's; then nothing vouches.
        return .entry(.link(to: target), status.size == UInt64(target.count) ? stamp : .zero)
    }

    private mutating func readFile(
        at directory: Int32,
        _ name: UnsafePointer<CChar>
    ) throws(SystemError) -> Look {
        let started = time.wall
        let file = HeldDescriptor(try fileSystem.openFile(at: directory, name), of: fileSystem)
        let before = try fileSystem.status(of: file.raw)
        // Swapped since it was looked at: the caller's second look decides.
        guard before.kind == .file else { throw SystemError("open", errno: ELOOP) }
        let hashed = try hasher.hash(file.raw, since: before)
        hashedFiles += 1
        hashedBytes += hashed.size
        // Unstable content keeps no stamp, so that the next scan reads it again.
        let stamp =
            hashed.isStable
            ? window.settled(hashed.status.stamp, readSince: started, by: time) : .zero
        return .entry(hashed.state, stamp)
    }

    /// What an error means for the entry it was met at.
    private static func verdict(on error: SystemError, _ stamp: Stamp) throws(SystemError) -> Look {
        switch error.errno {
        case EMFILE, ENFILE: throw error
        case ENOENT: return .gone
        case EACCES, EPERM: return .problem(.unreadable, stamp)
        // The name now leads to something else than the status call saw.
        case ELOOP, EINVAL, ENXIO, ENODEV: return .problem(.keepsChanging, stamp)
        default: return .problem(.readFailed, stamp)
        }
    }
}
