package import Dispatch

extension CommandLink {
    /// Why a command's link ended too early, for a caller that met end of file where it expected
    /// an answer.
    ///
    /// - Parameters:
    ///   - command: what was run, for the message.
    ///   - deadline: how long to wait for the exit status.
    /// - Returns: the reason, or nil when the command ended well or said nothing.
    package func reasonForEnding(_ command: String, until deadline: DispatchTime) -> SSHError? {
        if let failure { return failure }
        let exit = waitForExit(until: deadline)
        let said = standardErrorText.split(whereSeparator: \.isNewline).last.map { ": \($0)" } ?? ""
        switch exit {
        case nil, .status(0): return nil
        // The shell's statuses for a program it does not find, or may not run (POSIX 2.8.2).
        case .status(127), .status(126):
            return SSHError(
                .commandMissing,
                "the program is not there or cannot run\(said)",
                subject: command,
                hint: "Install the receiver on the vm, or check the container's name"
            )
        case .status(let status):
            return SSHError(
                .commandFailed,
                "the command ended with status \(status)\(said)",
                subject: command
            )
        case .signal(let name):
            return SSHError(
                .commandFailed,
                "the command was ended by SIG\(name)\(said)",
                subject: command
            )
        }
    }
}
