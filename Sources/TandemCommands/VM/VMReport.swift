import TandemManagement

/// What `tandem vm status` found, for people and for scripts.
struct VMReport: Encodable, Sendable {
    var schema = JSONDocument.schema
    var command = "vm status"
    var vm: String
    var isUp: Bool
    /// Why the vm does not answer, or not as expected.
    var trouble: String?
    /// Whether it was started anew since the last look.
    var rebooted: Bool
    var host: VMHost?
    var warnings: [String] = []
    var manager: ManagerStatus?
    var managerTrouble: String?

    init(vm: String, _ condition: VMCondition, rebooted: Bool) {
        self.vm = vm
        self.rebooted = rebooted
        switch condition {
        case .up(let host):
            isUp = true
            self.host = host
            warnings = host.warnings
        case .unreachable(let why):
            isUp = false
            trouble = why
        case .unclear(let why):
            isUp = true
            trouble = why
        }
    }

    var exitCode: ExitCode {
        guard isUp, let manager else { return .unreachable }
        return manager.isFine && warnings.isEmpty && trouble == nil ? .done : .attention
    }

    var lines: [StyledText] {
        var lines = [isUp ? StyledText("up", .good) : StyledText("unreachable", .bad)]
        lines[0] = lines[0] + StyledText(": \(vm)")
        if let trouble { lines.append(StyledText("  \(trouble)")) }
        if let host { lines.append(StyledText("  " + Self.text(of: host))) }
        if rebooted {
            lines.append(StyledText("  it was started anew since the last look", .warning))
        }
        lines += warnings.map { StyledText("  \($0)", .warning) }
        if let managerTrouble {
            lines.append(StyledText("manager: ", .bad) + StyledText(managerTrouble))
        }
        if let trouble = manager?.trouble {
            lines.append(StyledText("manager: ", .bad) + StyledText(trouble))
        }
        for component in manager?.components ?? [] { lines += Self.lines(of: component) }
        return lines
    }

    private static func text(of host: VMHost) -> String {
        let memory =
            "\(Quantities.bytes(host.availableBytes)) of \(Quantities.bytes(host.memoryBytes)) "
            + "memory available"
        let disks = host.disks.map { "\(Quantities.bytes($0.freeBytes)) free on \($0.place)" }
        let uptime = "up for \(Quantities.duration(.seconds(Int64(clamping: host.uptimeSeconds))))"
        return ([uptime, memory] + disks).joined(separator: "; ")
    }

    static func lines(of component: ManagerStatus.Component) -> [StyledText] {
        let state = StyledText(component.state, component.isFine ? .good : .bad)
        var text = StyledText("\(component.name): ") + state
        if let image = component.image.flatMap({ ImageID($0) }) {
            text = text + StyledText(", image \(image.short)")
        }
        if !component.note.isEmpty { text = text + StyledText(", \(component.note)") }
        guard let last = component.last, last.word != .done else { return [text] }
        let words = last.word == .rolledBack ? "rolled back from" : "failed to roll to"
        return [text, StyledText("  \(words) \(last.to.short): \(last.reason)", .warning)]
    }
}
