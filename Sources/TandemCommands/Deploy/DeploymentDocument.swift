import TandemProject

/// The deployment's part of what `pair --deploy --json` prints.
struct DeploymentDocument: Encodable, Sendable {
    var mode: String
    var root: String
    var socket: String
    var receiver: String
    var sha256: String
    /// What was done; empty where everything was in place.
    var steps: [String]
    var notes: [String]

    init(_ result: Deployment.Result) {
        mode = result.plan.mode.rawValue
        root = result.plan.record.root
        socket = result.plan.socket
        receiver = result.plan.program
        sha256 = result.plan.record.binary
        steps = result.done.map(\.rawValue)
        notes = result.notes
    }
}

extension ConnectionSettings {
    /// The same way in, to the receiver that a deployment made.
    func reaching(_ plan: DeploymentPlan) -> ConnectionSettings {
        var settings = self
        switch (transport, plan.mode) {
        case (.streamlocal, _):
            settings.socket = plan.socket
        case (_, .quadlet):
            settings.command = Self.command(inContainer: ReceiverUnit.container)
        case (_, .process):
            settings.command =
                "\(ShellText.word(plan.program)) connect --socket \(ShellText.word(plan.socket))"
        }
        return settings
    }
}
