import Glibc
import TandemAgent
import TandemCommands
import TandemControl

let source = PairSource(
    pairs: { try AgentPairs.ofProcess().identities() },
    open: { _, _ in
        throw ControlFailure(.failed, "this build keeps no pair in sync by itself")
    }
)

exit(AgentProgram.run(Array(CommandLine.arguments.dropFirst()), source: source))
