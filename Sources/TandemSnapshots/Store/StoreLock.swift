import CTandem
import Glibc
import TandemFiles
import TandemSystem

/// The right to use a store, held until this value ends; the kernel frees it with the process.
///
/// `lock`: shared by everyone who reads objects, exclusive for a prune, which removes them.
/// `writer`: exclusive for whoever adds objects, so that one take or prune runs at a time.
struct StoreLock: ~Copyable {
    enum Kind: Sendable {
        case reading, writing, pruning
    }

    private let held: [HeldLock]

    /// Takes the lock at once, or says that somebody else has it.
    init(_ kind: Kind, in store: Directory) throws(SnapshotError) {
        do throws(SystemError) {
            var held: [HeldLock] = []
            if kind != .reading { held.append(try HeldLock("writer", in: store, isShared: false)) }
            held.append(try HeldLock("lock", in: store, isShared: kind != .pruning))
            self.held = held
        } catch {
            guard error.errno == EWOULDBLOCK else { throw .call("lock the store", error) }
            throw SnapshotError(
                .busy,
                kind == .pruning
                    ? "somebody reads or writes the store, so nothing can be removed from it"
                    : "another process writes the store, or removes from it",
                next: "try again when it has ended"
            )
        }
    }
}

/// One locked file.
private final class HeldLock: Sendable {
    private let file: HeldDescriptor

    init(_ name: String, in store: Directory, isShared: Bool) throws(SystemError) {
        file = HeldDescriptor(try Self.open(name, in: store), of: store.fileSystem)
        let result = isShared ? tandem_share_file(file.raw) : tandem_lock_file(file.raw)
        guard result == 0 else { throw SystemError("lock") }
    }

    /// Unlocks before it closes: a child that is being started has a copy of the descriptor until its
    /// exec, and would hold the lock that long.
    deinit { tandem_unlock_file(file.raw) }

    private static func open(_ name: String, in store: Directory) throws(SystemError) -> Int32 {
        let bytes = Array(name.utf8)
        do throws(SystemError) {
            return try store.createFile(bytes, mode: 0o600).take()
        } catch {
            guard error.errno == EEXIST else { throw error }
            return unsafe try withCName(bytes) { name throws(SystemError) in
                unsafe try store.fileSystem.openForWriting(at: store.raw, name)
            }
        }
    }
}
