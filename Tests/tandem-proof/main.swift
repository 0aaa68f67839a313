import TandemSimulation
import TandemSoak

switch CommandLine.arguments.dropFirst().first {
case "two-way": SoakProgram.main()
case "live": LiveProgram.main()
default: ProofProgram.main()
}
