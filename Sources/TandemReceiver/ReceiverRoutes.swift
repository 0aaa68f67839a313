import TandemDaemon
import TandemHTTP
import TandemSync

/// What the receiver's HTTP says: counts and states, never a name, a path or a digest.
struct ReceiverRoutes: Sendable {
    let endpoint: ReceiverEndpoint

    func answer(_ path: String) -> HTTPAnswer {
        switch path {
        case "/healthz": .text("ok\n")
        case "/readyz":
            endpoint.isReady ? .text("ready\n") : .text("the root cannot be opened\n", status: 503)
        case "/status": .json(status())
        case "/metrics": .metrics(metrics())
        default: .notFound
        }
    }

    private func status() -> [UInt8] {
        let counters = endpoint.currentCounters
        var line = JSONLine()
        line.add("schema", 1)
        line.add("version", ReceiverVersion.text)
        line.add("ready", endpoint.isReady)
        line.add("liveSessions", endpoint.liveSessions)
        for (name, value) in Self.values(counters) { line.add(name, value) }
        return line.finished()
    }

    private func metrics() -> String {
        var text = "# TYPE tandem_receiver_ready gauge\n"
        text += "tandem_receiver_ready \(endpoint.isReady ? 1 : 0)\n"
        text += "# TYPE tandem_receiver_live_sessions gauge\n"
        text += "tandem_receiver_live_sessions \(endpoint.liveSessions)\n"
        for (name, value) in Self.values(endpoint.currentCounters) {
            let metric = "tandem_receiver_\(Self.snake(name))"
            text += "# TYPE \(metric) counter\n\(metric) \(value)\n"
        }
        return text
    }

    private static func values(
        _ counters: ReceiverEndpoint.Counters
    ) -> [(String, UInt64)] {
        [
            ("sessions", counters.sessions),
            ("refusedSessions", counters.refusedSessions),
            ("batches", counters.batches),
            ("appliedChanges", counters.appliedChanges),
            ("refusedChanges", counters.refusedChanges),
            ("contentBytes", counters.contentBytes),
            ("scans", counters.scans),
            ("entries", counters.entries),
            ("lastGeneration", counters.lastGeneration),
        ]
    }

    /// `contentBytes` as Prometheus writes it, `content_bytes`.
    private static func snake(_ name: String) -> String {
        name.reduce(into: "") { text, letter in
            text += letter.isUppercase ? "_\(letter.lowercased())" : String(letter)
        }
    }
}
