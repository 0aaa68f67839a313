package import TandemControl
import TandemSSH
package import TandemSync

/// The pairs of this laptop, as the agent needs them.
package struct AgentPairs: Sendable {
    private let context: CommandContext

    package init(context: CommandContext) {
        self.context = context
    }

    /// The pairs as this process's environment places them; nobody is ever asked anything.
    package static func ofProcess() -> AgentPairs {
        var context = CommandContext.ofProcess()
        context.dialer = SSHDialer(environment: context.environment, mayAsk: false)
        return AgentPairs(context: context)
    }

    /// Who the pairs are.
    package func identities() throws -> [PairIdentity] {
        try context.openCatalogue().pairs().map(\.identity)
    }

    /// One pair with the way to its receiver.
    package func target(_ identity: PairIdentity) throws -> SyncTarget {
        guard
            let entry = try context.openCatalogue().pairs().first(where: { $0.hexID == identity.id }
            )
        else {
            throw ControlFailure(.noSuchPair, "the pair \(identity.name) is not there any more")
        }
        var target = try context.target(entry)
        let (connect, name) = (target.connect, entry.name)
        target.connect = {
            do {
                return try connect()
            } catch {
                throw PersonNeeded(error, pair: name) ?? SyncError(reaching: error)
            }
        }
        return target
    }

    /// Which way changes travel in a pair, and what is left out.
    package func settings(of identity: PairIdentity) throws -> LiveSettings { LiveSettings() }
}

extension PersonNeeded {
    /// What a person has to do about an error of a connection; nil where waiting may be enough.
    init?(_ error: any Error, pair: String) {
        if let error = error as? CommandError, error.code == .permission {
            self.init(error.what, next: error.next ?? "run `tandem doctor \(pair)`")
            return
        }
        guard let error = error as? SSHError, ExitCode(error.code) == .permission else {
            return nil
        }
        let what = "\(error.subject): \(error.message)"
        switch error.code {
        case .passphraseNeeded, .wrongPassphrase:
            self.init(what, next: "ssh-add \(error.subject)")
        case .authenticationFailed:
            let next = error.hint.isEmpty ? "run `tandem doctor \(pair)`" : error.hint
            self.init(what, next: next, isSeenByVM: true)
        default:
            self.init(what, next: error.hint.isEmpty ? "run `tandem doctor \(pair)`" : error.hint)
        }
    }
}

extension SyncError {
    /// An error of a connection that may work later.
    init(reaching error: any Error) {
        if let error = error as? SyncError {
            self = error
            return
        }
        let failure = CommandError(error)
        self.init(.unreachable, failure.what, hint: failure.next)
    }
}

extension PairEntry {
    /// Who it is, for the agent.
    package var identity: PairIdentity {
        PairIdentity(id: hexID, name: name, root: root, vm: destination.description)
    }
}
