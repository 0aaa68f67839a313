import TandemSimulation

ProofProgram.main()
