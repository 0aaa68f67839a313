import TandemManager

ManagerProgram.start()
