import Glibc
import TandemAgent
import TandemCommands
import TandemControl

/// The pairs and the way to them, which the commands know, joined to the daemon that keeps them.
let source = PairSource(
    pairs: { try AgentPairs.ofProcess().identities() },
    open: { identity, news in
        let pairs = AgentPairs.ofProcess()
        let target = try pairs.target(identity)
        let setup = LivePair.Setup(
            pair: target.pair,
            connect: target.connect,
            shell: { try pairs.shell(of: identity) },
            tellSnapshots: { try pairs.tellSnapshots(of: identity, $0, until: $1) },
            environment: pairs.environment
        )
        return try LivePair(identity, setup, news: news)
    }
)

exit(AgentProgram.run(Array(CommandLine.arguments.dropFirst()), source: source))
