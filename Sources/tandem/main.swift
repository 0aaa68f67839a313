import Glibc
import TandemCommands

exit(CommandProgram.runProcess())
