import TandemDaemon
import TandemHTTP
import TandemSnapshots
import TandemSystem

/// What the snapshot daemon's HTTP and status file say: counts and states, never a name or a path.
struct SnapshotRoutes: Sendable {
    /// A snapshot is late when this many intervals passed without one.
    private static let lateIntervals: UInt64 = 3

    let service: SnapshotService
    let time: any TimeSource

    /// How old the newest snapshot may be, in nanoseconds; 0 where none is taken by itself.
    private var staleAfter: UInt64 { service.settings.report.take * Self.lateIntervals }

    func answer(_ path: String) -> HTTPAnswer {
        switch path {
        case "/healthz": .text("ok\n")
        case "/readyz":
            service.isReady
                ? .text(ready) : .text("the tree or the store cannot be opened\n", status: 503)
        case "/status": .json(status())
        case "/metrics": .metrics(metrics())
        default: .notFound
        }
    }

    /// A daemon with damaged settings works all the same; a restart would not mend them.
    private var ready: String {
        service.settings.report.damage.map { "ready, but \(SettingsLog.sentence($0))\n" }
            ?? "ready\n"
    }

    func status() -> [UInt8] {
        var line = JSONLine()
        line.add("schema", 1)
        line.add("version", SnapshotVersion.text)
        line.add("ready", service.isReady)
        line.add("stale", isStale)
        let settings = service.settings.report
        line.add("settingsTold", !settings.told.isEmpty)
        line.add("settingsDamaged", settings.damage != nil)
        for (name, value) in values() { line.add(name, value) }
        return line.finished()
    }

    private func metrics() -> String {
        var text = ""
        let gauges = [
            ("ready", service.isReady ? 1 : 0), ("stale", isStale ? 1 : 0),
            ("settings_damaged", service.settings.report.damage == nil ? 0 : 1),
        ]
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
            ("intervalSeconds", service.settings.report.take / 1_000_000_000),
        ]
    }

    /// `storedBytes` as Prometheus writes it, `stored_bytes`.
    private static func snake(_ name: String) -> String {
        name.reduce(into: "") { text, letter in
            text += letter.isUppercase ? "_\(letter.lowercased())" : String(letter)
        }
    }
}
