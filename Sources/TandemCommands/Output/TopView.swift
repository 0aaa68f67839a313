import TandemControl
import TandemTree

/// What `top` shows: a value, so that a picture of it is a function of what happened.
struct TopView: Sendable {
    /// Events that are kept for the lower part.
    private static let keptEvents = 200

    private(set) var status: AgentStatus?
    private var events: [AgentEvent] = []

    /// Takes the pairs' states, of those that are shown.
    mutating func take(_ status: AgentStatus, of ids: Set<String>) {
        var status = status
        status.pairs = status.pairs.filter { ids.contains($0.pair.id) }
        self.status = status
    }

    /// Takes an event; phases are in the pairs' lines already.
    mutating func take(_ event: AgentEvent) {
        guard event.kind != .phase else { return }
        events.append(event)
        if events.count > Self.keptEvents { events.removeFirst() }
    }

    /// The picture.
    ///
    /// - Parameters:
    ///   - rows: the terminal's lines.
    ///   - now: the time, in nanoseconds since 1970.
    /// - Returns: at most `rows` lines, the newest events at the bottom.
    func lines(rows: Int, now: Int64) -> [StyledText] {
        guard let status else { return ["connecting to the agent …"] }
        var lines = [head(status), ""]
        let width = status.pairs.map(\.pair.name.count).max() ?? 0
        for pair in status.pairs {
            let text = LiveText(status: pair, now: now, nameWidth: width, problemLimit: 3)
            lines.append(text.head)
            lines += pair.phase == .down ? [] : text.details
        }
        let room = rows - lines.count - 4
        if room > 0 && !events.isEmpty {
            lines.append("")
            lines += events.suffix(room).map(EventText.line)
        }
        lines.append("")
        lines.append(StyledText("q quits", .faint))
        return lines
    }

    private func head(_ status: AgentStatus) -> StyledText {
        let up = status.pairs.filter { $0.phase != .down }
        let verdict = up.map(\.verdict).max() ?? .ok
        let count = Quantities.count(up.count, "pair")
        return StyledText("\(verdict.rawValue): \(count) up", verdict.tone)
            + StyledText("    \(status.program), process \(status.process)", .faint)
    }
}
