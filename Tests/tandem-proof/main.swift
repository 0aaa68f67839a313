import TandemSimulation
import TandemSoak

switch CommandLine.arguments.dropFirst().first {
case "two-way": SoakProgram.main()
case "versions": VersionsProof.main()
default: ProofProgram.main()
}
