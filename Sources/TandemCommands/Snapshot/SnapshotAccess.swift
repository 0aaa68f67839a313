import Dispatch
import TandemSnapshots
import TandemSystem

/// The way to a pair's snapshot daemon, which stands beside its receiver.
struct SnapshotAccess: Sendable {
    private let connect: @Sendable () throws -> any ByteLink
    private let place: String

    /// Derives the way from the receiver's; nothing is connected yet.
    init(_ entry: PairEntry, _ choice: SnapshotChoice, in context: CommandContext) throws {
        let settings = try entry.connection.forSnapshots(
            socket: choice.snapshotSocket,
            command: choice.snapshotCommand
        )
        connect = try context.dialer.connector(
            to: entry.destination,
            settings,
            trust: .knownHosts
        )
        place = "pair \(entry.name): \(entry.destination)"
    }

    /// Asks one thing and calls with each answer.
    func ask(
        _ request: SnapshotRequest,
        until deadline: DispatchTime = .distantFuture,
        _ body: (SnapshotAnswer) throws -> Void
    ) throws {
        do {
            try perform(request, until: deadline, body)
        } catch {
            throw explained(error)
        }
    }

    /// Asks as `ask` does; what the daemon refuses is thrown as it said it.
    private func perform(
        _ request: SnapshotRequest,
        until deadline: DispatchTime,
        _ body: (SnapshotAnswer) throws -> Void
    ) throws {
        let link = try connect()
        defer { link.close() }
        try SnapshotClient(link).ask(request, until: deadline, body)
    }

    private func explained(_ error: any Error) -> CommandError {
        guard let error = error as? LinkError else { return CommandError(error, at: place) }
        return CommandError(
            .unreachable,
            "the snapshot daemon does not answer: \(error.message)",
            at: place,
            next: "start tandem-snapshot on the vm, or say where it is: --snapshot-socket PATH"
        )
    }

    /// Tells the daemon what to go by, or only asks what it goes by.
    ///
    /// - Parameters:
    ///   - settings: what it shall go by; nil to ask.
    ///   - deadline: when to give up.
    /// - Returns: what it goes by now; nil from a daemon that is older than such requests.
    /// - Throws: `CommandError`.
    func settings(
        _ settings: SnapshotSettings?,
        until deadline: DispatchTime = .distantFuture
    ) throws -> SettingsReport? {
        var found: SettingsReport?
        do {
            try perform(.settings(settings), until: deadline) {
                if case .settings(let report) = $0 { found = report }
            }
        } catch let error as SnapshotError where error.code == .invalid {
            return nil
        } catch {
            throw explained(error)
        }
        guard let found else {
            throw CommandError(
                .failed,
                "the snapshot daemon did not say what it goes by",
                at: place
            )
        }
        return found
    }

    /// What to say of a daemon that is older than settings.
    static let tooOld = (
        what: "the snapshot daemon on the vm is older than this tandem and takes no settings",
        next: "update tandem-snapshot on the vm"
    )

    /// The snapshot that a request answers with.
    func snapshot(
        _ request: SnapshotRequest,
        until deadline: DispatchTime = .distantFuture
    ) throws -> SnapshotInfo {
        var found: SnapshotInfo?
        try ask(request, until: deadline) { if case .snapshot(let info) = $0 { found = info } }
        guard let found else {
            throw CommandError(.failed, "the snapshot daemon gave no snapshot", at: place)
        }
        return found
    }
}

extension ConnectionSettings {
    private static let receiverProgram = "tandem-receiver"
    private static let snapshotProgram = "tandem-snapshot"
    private static let socketName = "snapshot.sock"

    /// How the snapshot daemon is reached: as the receiver, by its own socket or command.
    ///
    /// - Parameters:
    ///   - socket: its socket on the vm; beside the receiver's where it is not given.
    ///   - command: what joins it to standard input; the receiver's with the other program's name.
    /// - Returns: the settings for the dialer.
    /// - Throws: `CommandError` where the receiver's command does not say how.
    func forSnapshots(socket: String?, command: String?) throws(CommandError) -> Self {
        var settings = self
        if let command {
            settings.command = command
            settings.socket = nil
            if transport == .streamlocal { settings.transport = .exec }
            return settings
        }
        if let socket = socket ?? self.socket.map(Self.besides) {
            settings.socket = socket
            settings.command =
                transport == .streamlocal
                ? nil : "\(Self.snapshotProgram) connect --socket \(socket)"
            return settings
        }
        let given = self.command ?? Self.connectCommand
        guard given.contains(Self.receiverProgram) else {
            throw CommandError(
                .configuration,
                "the pair's command `\(given)` does not say how the snapshot daemon is reached",
                next:
                    "add --snapshot-command 'podman exec -i tandem-snapshot tandem-snapshot connect'"
            )
        }
        settings.command = given.replacing(Self.receiverProgram, with: Self.snapshotProgram)
        return settings
    }

    /// Beside the receiver's directory, in one of its own: neither container can put another socket
    /// in the place of the other's.
    private static func besides(_ socket: String) -> String {
        guard let slash = socket.lastIndex(of: "/") else { return socketName }
        return "\(socket[..<slash])-snapshot/\(socketName)"
    }
}
