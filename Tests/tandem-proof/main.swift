import TandemSimulation
import TandemSoak

switch CommandLine.arguments.dropFirst().first {
case "two-way": SoakProgram.main()
default: ProofProgram.main()
}
