import Glibc
import TandemSystem
import TandemTree

/// What stands at a name, and how it was known.
struct Standing {
    /// Nil when nothing stands there.
    var status: FileStatus?
    var state: EntryState?
    /// What a directory holds, when it was looked through.
    var subtree: Subtree?
    /// When the look began, by this machine's clock.
    var time: Int64

    /// Whether it is what the sender believes; a digest of zero in `expected` means any directory.
    func matches(_ expected: EntryState?) -> Bool {
        guard let state, let expected else { return state == nil && expected == nil }
        if state.kind == .directory, expected.kind == .directory, subtree == nil { return true }
        return state == expected
    }
}

/// What the index knows of an entry.
struct Vouching {
    var state: EntryState
    /// Settled by a `RacyWindow`; zero vouches for nothing.
    var stamp: Stamp

    func covers(_ status: FileStatus) -> Bool {
        stamp != .zero && stamp == status.stamp && status.kind == state.kind
            && status.isExecutable == state.executable && status.size == state.size
    }
}

/// Looks at what stands at a name, hashing what no stamp vouches for.
struct Looker: Sendable {
    let fileSystem: any FileSystem
    let time: any TimeSource
    let window: RacyWindow

    /// Looks at one entry; at a directory only as such.
    func look(
        in parent: Directory,
        _ name: [UInt8],
        vouching: Vouching? = nil
    ) throws(SystemError) -> Standing {
        let now = time.wall
        guard let status = try parent.status(name) else {
            return Standing(status: nil, state: nil, time: now)
        }
        return try look(in: parent, name, status, vouching: vouching, now)
    }

    /// Looks at an entry whose status is known.
    func look(
        in parent: Directory,
        _ name: [UInt8],
        _ status: FileStatus,
        vouching: Vouching?,
        _ now: Int64
    ) throws(SystemError) -> Standing {
        switch status.kind {
        case .directory: return Standing(status: status, state: .directory, time: now)
        case .other: return Standing(status: status, state: EntryState(kind: .other), time: now)
        case .link:
            let target = try parent.readLink(name)
            return Standing(status: status, state: .link(to: target), time: now)
        case .file:
            if let vouching, vouching.covers(status) {
                return Standing(status: status, state: vouching.state, time: now)
            }
            return try lookAtFile(in: parent, name, now)
        }
    }

    /// Hashes a file; one that changes meanwhile has digest zero, which equals nothing expected.
    private func lookAtFile(
        in parent: Directory,
        _ name: [UInt8],
        _ now: Int64
    ) throws(SystemError) -> Standing {
        let file = try parent.openFile(name)
        let before = try fileSystem.status(of: file.raw)
        guard before.type == .file else {
            return Standing(status: before, state: EntryState(kind: before.kind), time: now)
        }
        let (digest, size) = try fileSystem.digest(of: file.raw)
        let after = try fileSystem.status(of: file.raw)
        let still = before.stamp == after.stamp && size == after.size
        let state = EntryState.file(
            still ? digest : .zero,
            size: size,
            executable: after.isExecutable
        )
        return Standing(status: after, state: state, time: now)
    }

    /// Whether a file was changed so recently that a stamp cannot tell a further change.
    func isRecent(_ status: FileStatus) -> Bool {
        let age = time.wall.subtractingReportingOverflow(status.modified)
        return age.overflow || age.partialValue < window.nanoseconds
    }
}
