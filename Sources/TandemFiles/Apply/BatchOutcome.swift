import Glibc
package import TandemSystem
package import TandemTree

/// A change that was not applied, and what stands at its path instead.
package struct ChangeRefusal: Hashable, Sendable {
    /// Why one change was not applied; what stood at its path was not touched.
    package enum Reason: UInt8, Hashable, Sendable, CaseIterable {
        /// Something else stands there than the sender believes.
        case changed = 1
        /// The directory to remove holds entries that the other side does not know.
        case notEmpty = 2
        /// The directory that would hold it is missing, is no directory, or is a link.
        case parentMissing = 3
        /// What shall be moved is not what the sender believes.
        case sourceChanged = 4
        /// Its content never came.
        case missingContent = 5
        /// Its content is not what was announced.
        case wrongContent = 6
        /// The disk or the quota is full.
        case noSpace = 7
        /// The file system does not permit it: rights, an immutable flag, a read-only mount.
        case notPermitted = 8
        /// A call failed, or the content could not be made durable.
        case ioError = 9
        /// The file system or Tandem cannot hold such an entry.
        case unsupported = 10
        /// The path lies on another mount than the root.
        case otherDevice = 11

        /// The reason a failed call stands for.
        package init(_ error: SystemError) {
            switch error.errno {
            case ENOSPC, EDQUOT: self = .noSpace
            case EACCES, EPERM, EROFS, ETXTBSY: self = .notPermitted
            case ENOENT, ENOTDIR, ELOOP: self = .parentMissing
            case EXDEV, EBUSY: self = .otherDevice
            case EINVAL, ENOSYS, EOPNOTSUPP, ENAMETOOLONG, EMLINK: self = .unsupported
            default: self = .ioError
            }
        }
    }

    package var id: UInt32
    package var reason: Reason
    /// Nil when nothing stands there or it is not known.
    package var found: EntryState?

    package init(id: UInt32, reason: Reason, found: EntryState? = nil) {
        self.id = id
        self.reason = reason
        self.found = found
    }
}

/// What an index must take over from a batch.
package enum TreeUpdate: Hashable, Sendable {
    case put(RelativePath, EntryState, Stamp)
    case remove(RelativePath)
    case move(from: RelativePath, to: RelativePath)
}

/// What became of a batch; everything named as applied is durable.
package struct BatchOutcome: Sendable {
    /// In ascending order of ids; every other change was applied, or stood there already.
    package var refusals: [ChangeRefusal] = []
    /// In ascending order.
    package var applied: [UInt32] = []
    /// In an order in which a tree can take them.
    package var updates: [TreeUpdate] = []

    package init() {}
}

extension Tree {
    /// Takes over what a batch did; an update that does not fit is left to the next scan.
    package mutating func apply(_ updates: [TreeUpdate]) {
        for update in updates {
            switch update {
            case .put(let path, let state, let stamp): _ = try? put(path, state, stamp: stamp)
            case .remove(let path): remove(path)
            case .move(let from, let to): _ = try? move(from: from, to: to)
            }
        }
    }
}
