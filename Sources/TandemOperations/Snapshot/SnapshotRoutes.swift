import TandemDaemon
import TandemHTTP
import TandemSnapshots
import TandemSystem

/// What the snapshot daemon's HTTP and status file say: counts and states, never a name or a path.
struct SnapshotRoutes: Sendable {
    let service: SnapshotService
    /// How old the newest snapshot may be, in nanoseconds; 0 where none is taken by itself.
    let staleAfter: UInt64
    let time: any TimeSource

    func answer(_ path: String) -> HTTPAnswer {
        switch path {
        case "/healthz": .text("ok\n")
        case "/readyz":
            service.isReady
                ? .text("ready\n") : .text("the tree or the store cannot be opened\n", status: 503)
        case "/status": .json(status())
        case "/metrics": .metrics(metrics())
        default: .notFound
        }
    }

    func status() -> [UInt8] {
        var line = JSONLine()
        line.add("schema", 1)
        line.add("version", SnapshotVersion.text)
        line.add("ready", service.isReady)
        line.add("stale", isStale)
        for (name, value) in values() { line.add(name, value) }
        return line.finished()
    }

    private func metrics() -> String {
        var text = ""
        let gauges = [("ready", service.isReady ? 1 : 0), ("stale", isStale ? 1 : 0)]
        for (name, value) in gauges {
            text += "# TYPE tandem_snapshot_\(name) gauge\ntandem_snapshot_\(name) \(value)\n"
        }
        for (name, value) in values() {
            let metric = "tandem_snapshot_\(Self.snake(name))"
            let type = Self.counters.contains(name) ? "counter" : "gauge"
            text += "# TYPE \(metric) \(type)\n\(metric) \(value)\n"
        }
        return text
    }

    /// Whether the newest snapshot is older than it should be.
    private var isStale: Bool {
        guard staleAfter > 0 else { return false }
        let newest = service.currentCounters.lastTaken
        guard newest > 0 else { return true }
        return time.wall > newest && UInt64(time.wall - newest) > staleAfter
    }

    private static let counters: Set = ["taken", "failed", "pruned", "requests"]

    private func values() -> [(String, UInt64)] {
        let counters = service.currentCounters
        let store = (try? service.store.statistics()) ?? StoreStatistics()
        return [
            ("taken", counters.taken),
            ("failed", counters.failed),
            ("pruned", counters.pruned),
            ("requests", counters.requests),
            ("verification", counters.verification),
            ("lastTakenSeconds", UInt64(max(counters.lastTaken, 0)) / 1_000_000_000),
            ("lastMilliseconds", counters.lastDuration / 1_000_000),
            ("lastEntries", counters.lastEntries),
            ("lastProblems", counters.lastProblems),
            ("lastNewBytes", counters.lastNewBytes),
            ("snapshots", store.snapshots),
            ("pinned", store.pinned),
            ("packs", store.packs),
            ("objects", store.objects),
            ("storedBytes", store.storedBytes),
        ]
    }

    /// `storedBytes` as Prometheus writes it, `stored_bytes`.
    private static func snake(_ name: String) -> String {
        name.reduce(into: "") { text, letter in
            text += letter.isUppercase ? "_\(letter.lowercased())" : String(letter)
        }
    }
}
