import Glibc
import TandemFiles
import TandemSystem
package import TandemTree

/// Which snapshots there are, and which are kept.
extension SnapshotStore {
    /// All snapshots, oldest first; files that are no whole manifest are not listed.
    package func list() throws(SnapshotError) -> [SnapshotInfo] {
        try listWithDamage().snapshots
    }

    /// All snapshots, and the manifests that are not what was written.
    func listWithDamage() throws(SnapshotError) -> (snapshots: [SnapshotInfo], damaged: [Digest]) {
        do throws(SystemError) {
            let pinned = Set(try pins.names().compactMap { Digest(hexadecimal: $0) })
            var found: [SnapshotInfo] = []
            var damaged: [Digest] = []
            for name in try snapshots.names() {
                guard let id = Digest(hexadecimal: name) else { continue }
                guard let bytes = try contents(of: name, in: snapshots, atMost: 64 << 20) else {
                    continue
                }
                if ContentHasher.digest(of: bytes) == id,
                    let manifest = SnapshotManifest(
                        decoding: bytes
                    )
                {
                    found.append(
                        SnapshotInfo(id: id, manifest: manifest, isPinned: pinned.contains(id))
                    )
                } else {
                    damaged.append(id)
                }
            }
            found.sort { ($0.manifest.time, $0.id) < ($1.manifest.time, $1.id) }
            return (found, damaged)
        } catch {
            throw .call("list the snapshots", error)
        }
    }

    /// The snapshot whose id begins so, or `latest`.
    package func find(_ text: String) throws(SnapshotError) -> SnapshotInfo {
        let all = try list()
        if text == "latest" {
            guard let last = all.last else {
                throw SnapshotError(
                    .notFound,
                    "there is no snapshot yet",
                    next: "take one: tandem snapshot now"
                )
            }
            return last
        }
        let matching = all.filter { !text.isEmpty && $0.id.hex.hasPrefix(text.lowercased()) }
        guard let first = matching.first else {
            throw SnapshotError(
                .notFound,
                "no snapshot's id begins with \(escaped(text.utf8))",
                next: "list them: tandem snapshot ls"
            )
        }
        guard matching.count == 1 else {
            throw SnapshotError(
                .ambiguous,
                "\(matching.count) snapshots' ids begin with \(escaped(text.utf8))",
                next: "type more of it"
            )
        }
        return first
    }

    /// Lists a snapshot: from here on it is one.
    func add(_ manifest: SnapshotManifest) throws(SnapshotError) -> SnapshotInfo {
        let bytes = manifest.encode()
        let id = ContentHasher.digest(of: bytes)
        do throws(SystemError) {
            try snapshots.replaceDurably(Array(id.hex.utf8), [bytes])
        } catch {
            throw .call("write the snapshot's manifest", error)
        }
        return SnapshotInfo(id: id, manifest: manifest, isPinned: false)
    }

    /// Takes a snapshot off the list, durably; its objects stay until a prune.
    func forget(_ ids: [Digest]) throws(SnapshotError) {
        do throws(SystemError) {
            for id in ids {
                try snapshots.removeIfPresent(Array(id.hex.utf8))
            }
            try snapshots.sync()
            for id in ids { try pins.removeIfPresent(Array(id.hex.utf8)) }
        } catch {
            throw .call("remove a snapshot", error)
        }
    }

    /// Keeps a snapshot whatever the policy says, or no longer.
    package func setPinned(_ id: Digest, _ isPinned: Bool) throws(SnapshotError) {
        let name = Array(id.hex.utf8)
        do throws(SystemError) {
            if isPinned {
                try pins.replaceDurably(name, [])
            } else {
                try pins.removeIfPresent(name)
                try pins.sync()
            }
        } catch {
            throw .call("pin the snapshot", error)
        }
    }
}
