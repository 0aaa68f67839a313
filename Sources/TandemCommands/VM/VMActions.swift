package import ArgumentParser
import Dispatch
import TandemHTTP
import TandemManagement

/// `tandem vm restart COMPONENT`.
package struct VMRestartCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "restart",
        abstract: "Restart a container of the vm and wait until it is healthy.",
        discussion: """
            A component that the manager gave up on is watched again.

              tandem vm restart receiver
              tandem vm restart snapshot --wait 0s
            """
    )

    @Argument(help: "receiver or snapshot.")
    package var component: String
    @OptionGroup package var waiting: VMWait
    @OptionGroup package var choice: VMChoice

    package init() {}

    package var wantsJSON: Bool { choice.json }

    package func run(in context: CommandContext) throws -> ExitCode {
        let action = try VMAction(component, choice, waiting, context)
        try action.connection.ask(.post, "/v1/restart/\(action.name)")
        return try action.finish { now, _ in now.isFine }
    }
}

/// `tandem vm roll COMPONENT --image DIGEST`.
package struct VMRollCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "roll",
        abstract: "Run a component from another image, and go back if that is not healthy.",
        discussion: """
            The image has to be on the vm already. It is named by its digest, as
            `podman images --digests` and `podman image inspect` show it. Exit code 1 when it
            did not become healthy and the one before runs again.

              tandem vm roll receiver --image sha256:0123…
            """
    )

    @Argument(help: "receiver or snapshot.")
    package var component: String
    @Option(help: "sha256: and 64 digits.", transform: Self.image)
    package var image: String
    @OptionGroup package var waiting: VMWait
    @OptionGroup package var choice: VMChoice

    package init() {}

    package var wantsJSON: Bool { choice.json }

    package func run(in context: CommandContext) throws -> ExitCode {
        let action = try VMAction(component, choice, waiting, context)
        try action.connection.ask(.post, "/v1/roll/\(action.name)?image=\(image)")
        return try action.finish { now, _ in !now.isRolling }
    }

    @Sendable
    private static func image(_ text: String) throws -> String {
        guard let image = ImageID(text) else {
            throw ValidationError("--image takes sha256: and 64 hexadecimal digits, not '\(text)'")
        }
        return image.description
    }
}

/// `tandem vm rollback COMPONENT`.
package struct VMRollbackCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Run a component from the image before.",
        discussion: """
            The manager remembers it, also over a reboot.

              tandem vm rollback receiver
            """
    )

    @Argument(help: "receiver or snapshot.")
    package var component: String
    @OptionGroup package var waiting: VMWait
    @OptionGroup package var choice: VMChoice

    package init() {}

    package var wantsJSON: Bool { choice.json }

    package func run(in context: CommandContext) throws -> ExitCode {
        let action = try VMAction(component, choice, waiting, context)
        try action.connection.ask(.post, "/v1/rollback/\(action.name)")
        return try action.finish { now, _ in !now.isRolling }
    }
}

/// A request about one component, and the wait for what comes of it.
private struct VMAction {
    private static let pauseMilliseconds = 500

    let connection: ManagerConnection
    let name: String
    private let before: ManagerStatus.Component
    private let choice: VMChoice
    private let wait: Duration
    private let context: CommandContext

    init(
        _ component: String,
        _ choice: VMChoice,
        _ waiting: VMWait,
        _ context: CommandContext
    ) throws {
        connection = try choice.connection(in: context)
        self.choice = choice
        self.context = context
        wait = waiting.wait
        let status = try connection.status()
        guard let found = Self.find(component, in: status) else {
            let known = status.components.map(\.name).joined(separator: ", ")
            throw CommandError(
                .usage,
                "the manager watches no '\(component)'",
                next: "it watches \(known)"
            )
        }
        before = found
        name = found.name
    }

    private static func find(
        _ name: String,
        in status: ManagerStatus
    ) -> ManagerStatus.Component? {
        status.components.first { $0.name == name || $0.name == "tandem-\(name)" }
    }

    /// Waits until it is over, shows how it ended, and says so in the exit code.
    func finish(
        _ isOver: (ManagerStatus.Component, ManagerStatus.Component) -> Bool
    ) throws -> ExitCode {
        var now = try look()
        let end =
            DispatchTime.now().uptimeNanoseconds + UInt64(max(0, wait.components.seconds))
            * 1_000_000_000
        while !isOver(now, before), DispatchTime.now().uptimeNanoseconds < end {
            guard context.stop.reason == nil else { return .interrupted }
            _ = DispatchSemaphore(value: 0)
                .wait(timeout: .now() + .milliseconds(Self.pauseMilliseconds))
            now = try look()
        }
        show(now)
        if !isOver(now, before) { return wait == .zero ? .done : .timedOut }
        let wentBack = now.last != before.last && now.last.map { $0.word != .done } ?? false
        return now.isFine && !wentBack ? .done : .attention
    }

    private func look() throws -> ManagerStatus.Component {
        guard let found = Self.find(name, in: try connection.status()) else {
            throw CommandError(.failed, "the manager no longer watches \(name)")
        }
        return found
    }

    private func show(_ component: ManagerStatus.Component) {
        guard choice.json else {
            for line in VMReport.lines(of: component) { context.console.line(line) }
            return
        }
        if let text = try? JSONDocument.text(component) { context.console.document(text) }
    }
}
