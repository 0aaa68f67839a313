import TandemOperations

SnapshotProgram.start()
