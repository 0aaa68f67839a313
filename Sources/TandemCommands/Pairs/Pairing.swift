import TandemDaemon
import TandemProject
import TandemSync
import TandemSystem

/// The steps of `pair`, from the checks to the record.
struct Pairing {
    /// A pair that the receiver knows now.
    struct Result {
        var entry: PairEntry
        var info: ReceiverInfo
        var wasKnown: Bool
        var key: KeyModel
        var deployment: Deployment.Result?

        var lines: [StyledText] {
            let verb = wasKnown ? "paired already" : "paired"
            return [
                StyledText(verb, .good)
                    + StyledText(" as \(entry.name): \(entry.root) → \(entry.destination)"),
                StyledText(
                    "  \(info.receiver), protocol \(info.protocolVersion), "
                        + "\(Quantities.bytes(info.freeBytes)) free on the vm"
                ),
            ] + key.lines + [StyledText("  next: tandem plan \(entry.name)")]
        }
    }

    let root: String
    let destination: Destination
    let connection: ConnectionSettings
    /// The receiver to put on the vm first; nil where it is there.
    let wish: DeploymentWish?
    let name: String?
    let trust: HostTrust
    let context: CommandContext

    func run() throws -> Result {
        try LocalPath.requireDirectory(root)
        let catalogue = try context.openCatalogue()
        let own = context.directories
        let admission = PairAdmission(
            pairs: try catalogue.pairs(),
            ownDirectories: [own.state, own.logs, own.cache, own.runtime]
        )
        // A pair that may not be is refused before anything is put on the vm.
        _ = try decide(admission, connection)
        let deployment = try deploy()
        let connection = deployment.map { self.connection.reaching($0.plan) } ?? self.connection
        let decision = try decide(admission, connection)
        let entry = self.entry(for: decision, connection)
        let info: ReceiverInfo
        do {
            info = try register(entry)
        } catch {
            if case .new = decision { forget(entry) }
            throw error
        }
        try catalogue.keep(entry)
        var wasKnown = false
        if case .known = decision { wasKnown = true }
        let key = KeyModel(settings: connection, publicKey: connection.publicKey)
        return Result(
            entry: entry,
            info: info,
            wasKnown: wasKnown,
            key: key,
            deployment: deployment
        )
    }

    private func decide(
        _ admission: PairAdmission,
        _ connection: ConnectionSettings
    ) throws -> PairAdmission.Decision {
        try admission.decide(
            root: root,
            destination: destination,
            connection: connection,
            name: name
        )
    }

    private func deploy() throws -> Deployment.Result? {
        guard let wish else { return nil }
        do {
            let shell = try context.dialer.shell(on: destination, connection, trust: trust)
            defer { shell.close() }
            return try Deployment(
                shell: shell,
                wish: wish,
                root: destination.path,
                console: context.console
            ).run()
        } catch {
            throw CommandError(error, at: "\(destination)")
        }
    }

    private func entry(
        for decision: PairAdmission.Decision,
        _ connection: ConnectionSettings
    ) -> PairEntry {
        switch decision {
        case .known(let entry), .reconnect(let entry): entry
        case .new(let name):
            PairEntry(
                name: name,
                id: Self.randomID(),
                root: root,
                destination: destination,
                connection: connection
            )
        }
    }

    private func register(_ entry: PairEntry) throws -> ReceiverInfo {
        do {
            let connect = try context.dialer.connector(
                to: entry.destination,
                entry.connection,
                trust: trust
            )
            let target = SyncTarget(pair: context.laptopPair(entry), connect: connect)
            return try context.locked(entry) { try context.engine.register(target) }
        } catch {
            var failure = CommandError(error, at: "\(entry.destination)")
            if error is SyncError, failure.code == .unreachable {
                failure.next = "start the receiver on the vm, then pair again"
            }
            throw failure
        }
    }

    /// Takes away what a pair that did not come to be has left.
    private func forget(_ entry: PairEntry) {
        let directory = context.laptopPair(entry).stateDirectory
        LocalPath.removeUnused(directory, lock: StateLock.fileName)
    }

    /// 16 bytes, as the protocol names pairs.
    private static func randomID() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }
}
