/// The calls of the file-system seam, by name, for counting and for making one fail.
package enum FileSystemCall: String, CaseIterable, Sendable {
    case openDirectory, openFile, openForWriting, createFile, openBeneath
    case status, statusOfDescriptor
    case readDirectory, readLink, makeLink, makeDirectory, rename, removeFile, removeDirectory
    case read, write, readAt, writeAt, sync, syncFileSystem, startWriteback, copyRange
    case setMode, truncate, takeReadLease, releaseReadLease, space, duplicate, close

    /// Whether the call changes what others can see, or makes it durable.
    package var isMutating: Bool {
        switch self {
        case .createFile, .makeLink, .makeDirectory, .rename, .removeFile, .removeDirectory,
            .write, .writeAt, .sync, .syncFileSystem, .copyRange, .setMode, .truncate:
            true
        default: false
        }
    }

    /// Whether the call can fail; closing, hints and leases cannot.
    package var canFail: Bool {
        switch self {
        case .startWriteback, .takeReadLease, .releaseReadLease, .close: false
        default: true
        }
    }
}

/// What shall go wrong in a `FaultyFileSystem`, and at which call.
package struct Fault: Sendable {
    /// Which calls are counted.
    package enum Scope: Sendable {
        case any
        case mutating
        case only(Set<FileSystemCall>)

        func covers(_ call: FileSystemCall) -> Bool {
            switch self {
            case .any: call.canFail
            case .mutating: call.isMutating
            case .only(let calls): calls.contains(call)
            }
        }
    }

    /// Which of the counted calls it hits.
    package enum Turns: Sendable {
        /// Call `n` only, the first being 0.
        case at(Int)
        /// Call `n` and all after it: the process is as good as dead, or the disk full.
        case from(Int)
        /// Every call that a multiple of `n` is the number of.
        case every(Int)

        func hits(_ number: Int) -> Bool {
            switch self {
            case .at(let turn): number == turn
            case .from(let turn): number >= turn
            case .every(let step): number % max(step, 1) == 0
            }
        }
    }

    /// What happens there.
    package enum Effect: Sendable {
        /// The call is not made and fails with this errno.
        case fail(Int32)
        /// The call is made and then reported as failed: the answer was lost.
        case failAfter(Int32)
        /// A read or write takes at most this many bytes; other calls are unharmed.
        case short(Int)
        /// Something happens just before the call: another process gets its turn.
        case before(@Sendable () -> Void)
    }

    package var scope: Scope
    package var turns: Turns
    package var effect: Effect

    package init(_ scope: Scope, _ turns: Turns, _ effect: Effect) {
        self.scope = scope
        self.turns = turns
        self.effect = effect
    }
}
