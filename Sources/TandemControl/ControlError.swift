/// Why a conversation over the control socket failed.
package struct ControlError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Hashable, Sendable {
        /// Nobody listens on the socket.
        case noAgent
        /// The other program speaks another version of this protocol.
        case version
        /// Something else than a message came.
        case garbled
        /// The other side ended the conversation.
        case closed
        /// No answer came in time.
        case timedOut
    }

    package var code: Code
    package var message: String
    /// What to do next.
    package var hint: String?

    package init(_ code: Code, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    package var description: String { hint.map { "\(message); \($0)" } ?? message }
}
