import TandemConfiguration
package import TandemControl
import TandemProject
import TandemSSH
package import TandemSync
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

    /// What of a pair's `tandem.yml` is in force, and what a person has to do about it.
    ///
    /// Where there is no file, both sides' changes travel.
    package func settings(
        of target: SyncTarget,
        named name: String
    ) throws -> (settings: LiveSettings, need: PersonNeeded?) {
        let state = target.pair.stateDirectory
        let watch = ConfigurationWatch(root: target.pair.root, stateDirectory: state, mode: .twoWay)
        let need: PersonNeeded?
        switch try watch.start(isAgent: false) {
        case .changed, .unchanged: need = nil
        case .waiting:
            need = PersonNeeded(
                "\(Configuration.fileName) changed and waits for approval; the old one holds",
                next: "tandem config approve \(name)"
            )
        case .wrong(let error):
            need = PersonNeeded(
                "\(Configuration.fileName) is wrong, what was approved before holds: \(error)",
                next: "tandem config check"
            )
        }
        return (LiveSettings(watch.settings), need)
    }
}

extension LiveSettings {
    /// What a session is given of a pair's configuration.
    init(_ project: ProjectSettings) {
        var modes = ModeMap(project.rootMode)
        for mode in project.modes where !mode.path.isRoot { modes.set(mode.mode, at: mode.path) }
        self.init(modes: modes, rules: project.ignore.base)
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
