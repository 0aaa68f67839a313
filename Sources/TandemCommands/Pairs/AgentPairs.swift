package import TandemControl

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
        return try context.target(entry)
    }
}

extension PairEntry {
    /// Who it is, for the agent.
    package var identity: PairIdentity {
        PairIdentity(id: hexID, name: name, root: root, vm: destination.description)
    }
}
