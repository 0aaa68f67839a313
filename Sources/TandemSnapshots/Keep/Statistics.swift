import Synchronization
import TandemTree

/// How large the store is, and what it saves.
package struct StoreStatistics: Hashable, Sendable {
    package var snapshots: UInt64 = 0
    package var pinned: UInt64 = 0
    package var packs: UInt64 = 0
    package var objects: UInt64 = 0
    /// What all snapshots hold together, each counted whole.
    package var snapshotBytes: UInt64 = 0
    /// The same content with each chunk counted once.
    package var uniqueBytes: UInt64 = 0
    /// What the packs take on disk.
    package var storedBytes: UInt64 = 0
    /// Nanoseconds since 1970; 0 where there is no snapshot.
    package var newest: Int64 = 0
    package var oldest: Int64 = 0

    package init() {}
}

extension SnapshotStore {
    /// Counts what is listed and what lies in the packs.
    package func statistics() throws(SnapshotError) -> StoreStatistics {
        var result = StoreStatistics()
        let snapshots = try list()
        result.snapshots = UInt64(snapshots.count)
        result.pinned = UInt64(snapshots.count { $0.isPinned })
        result.snapshotBytes = snapshots.reduce(0) { $0 &+ $1.manifest.bytes }
        result.newest = snapshots.last?.manifest.time ?? 0
        result.oldest = snapshots.first?.manifest.time ?? 0
        let index = index.withLock { $0 }
        result.packs = UInt64(index.packs.count)
        result.objects = UInt64(index.places.count)
        result.storedBytes = index.packs.reduce(0) { $0 &+ $1.packedBytes }
        for (key, place) in index.places where key.kind == .chunk {
            result.uniqueBytes &+= UInt64(place.length)
        }
        return result
    }
}
