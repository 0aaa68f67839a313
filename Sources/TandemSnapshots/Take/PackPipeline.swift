import Synchronization
import TandemSystem
import TandemTree

/// Compresses and writes packs on a thread of its own while the caller reads and hashes.
///
/// Objects are written in the order they are given, and a pack is durable before the next begins:
/// what an object refers to is never younger than the object.
final class PackPipeline: Sendable {
    private struct Item: Sendable {
        var key: ObjectKey
        var content: ArraySlice<UInt8>
    }

    private let store: SnapshotStore
    private let queue = BoundedQueue<Item>(capacity: PackPipeline.queuedBytes)
    private let outcome = Mutex<(error: SnapshotError?, storedBytes: UInt64)>((nil, 0))
    private let thread = Mutex<WorkerThread?>(nil)

    /// What may wait between reading and writing.
    private static let queuedBytes = 8 << 20

    init(_ store: SnapshotStore) {
        self.store = store
        let thread = WorkerThread.start("tandem-packs") { [self] in run() }
        self.thread.withLock { $0 = thread }
    }

    /// Gives an object to be stored.
    ///
    /// - Throws: what writing met, maybe earlier objects.
    func put(_ key: ObjectKey, _ content: ArraySlice<UInt8>) throws(SnapshotError) {
        guard queue.put(Item(key: key, content: content), cost: max(content.count, 64)) else {
            throw failure ?? SnapshotError(.failed, "the packs' thread has ended")
        }
    }

    /// Waits until everything is durable.
    ///
    /// - Returns: the bytes that were added to the store.
    func finish() throws(SnapshotError) -> UInt64 {
        queue.close()
        thread.withLock { $0 }?.join()
        if let failure { throw failure }
        return outcome.withLock { $0.storedBytes }
    }

    private var failure: SnapshotError? { outcome.withLock { $0.error } }

    private func run() {
        var builder = PackBuilder()
        do throws(SnapshotError) {
            while let item = queue.take() {
                builder.add(item.key, item.content)
                if builder.isFull { try write(&builder) }
            }
            if !builder.isEmpty { try write(&builder) }
        } catch {
            outcome.withLock { $0.error = error }
            queue.close()
        }
    }

    private func write(_ builder: inout PackBuilder) throws(SnapshotError) {
        let pack = builder.finish()
        try store.write(pack)
        outcome.withLock { $0.storedBytes += pack.size }
    }
}
