import ArgumentParser
package import Dispatch
package import TandemControl
package import TandemProject
import TandemSSH
import TandemSnapshots
import TandemSync
import TandemTree

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

    /// This process's variables, as `NAME=value` strings.
    package var environment: [String] { context.environment.map { "\($0.key)=\($0.value)" } }

    /// Who the pairs are.
    package func identities() throws -> [PairIdentity] {
        try context.openCatalogue().pairs().map(\.identity)
    }

    /// One pair with the way to its receiver.
    package func target(_ identity: PairIdentity) throws -> SyncTarget {
        let entry = try entry(identity)
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

    /// Logs in to a pair's vm for a command there, as `tandem run` does.
    package func shell(of identity: PairIdentity) throws -> any WorkloadShell {
        let entry = try entry(identity)
        return try context.dialer.shell(
            on: entry.destination,
            entry.connection,
            trust: .knownHosts
        )
    }

    /// Tells the snapshot daemon of a pair's vm what is wished of it.
    ///
    /// - Throws: `SyncError` with a sentence where it does not go by it now.
    package func tellSnapshots(
        of identity: PairIdentity,
        _ wish: SnapshotWish,
        until deadline: DispatchTime
    ) throws {
        do {
            let choice = try SnapshotChoice.parse([])
            let access = try SnapshotAccess(try entry(identity), choice, in: context)
            guard try access.settings(SnapshotSettings(wish), until: deadline) == nil else {
                return
            }
        } catch {
            throw SyncError(reaching: error)
        }
        let (what, next) = SnapshotAccess.tooOld
        throw SyncError(.version, what, hint: next)
    }

    private func entry(_ identity: PairIdentity) throws -> PairEntry {
        guard
            let entry = try context.openCatalogue().pairs().first(where: { $0.hexID == identity.id }
            )
        else {
            throw ControlFailure(.noSuchPair, "the pair \(identity.name) is not there any more")
        }
        return entry
    }
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
