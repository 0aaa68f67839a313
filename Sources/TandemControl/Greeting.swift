/// The first message of either side: who it is, and which version of the protocol it speaks.
///
/// Command and agent come from one installation and have the same version. Where they have not, an
/// agent from before an update still runs: it is refused, with the words that end it.
package struct Greeting: Codable, Hashable, Sendable {
    /// Grows when a message changes its meaning, or one comes.
    package static let version = 3
    /// What a greeting begins with, so that no other protocol is taken for it.
    private static let mark = "tandem-control"

    /// Always the same word.
    package var `protocol`: String
    package var version: Int
    /// The program and its own version, for people.
    package var program: String
    package var process: Int32

    package init(program: String, process: Int32, version: Int = Greeting.version) {
        self.protocol = Self.mark
        self.version = version
        self.program = program
        self.process = process
    }

    /// Checks the greeting of an agent, at the command's end.
    ///
    /// - Throws: `ControlError` that says which side is older.
    package func checkAgent() throws(ControlError) {
        try checkMark()
        guard version != Self.version else { return }
        let age = version < Self.version ? "older" : "newer"
        throw ControlError(
            .version,
            "the agent (process \(process), \(program)) is \(age) than this command: it speaks "
                + "control version \(version), not \(Self.version)",
            hint: version < Self.version
                ? "end it with `kill \(process)`; `tandem up` starts the installed one"
                : "install this command again beside it"
        )
    }

    /// Checks the greeting of a command, at the agent's end.
    ///
    /// - Throws: `ControlError`
    package func checkCommand() throws(ControlError) {
        try checkMark()
        guard version != Self.version else { return }
        throw ControlError(
            .version,
            "\(program) speaks control version \(version), this agent \(Self.version)"
        )
    }

    private func checkMark() throws(ControlError) {
        guard self.protocol == Self.mark else {
            throw ControlError(.garbled, "this is no greeting of the control protocol")
        }
    }
}
