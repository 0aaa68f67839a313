/// Why a sync command did not do its work: what, where, and what to do next.
package struct SyncError: Error, Sendable, CustomStringConvertible {
    /// The classes of failure that callers and exit codes tell apart.
    package enum Code: String, Sendable {
        /// A root is missing, emptied or not the one that was paired; nothing was applied.
        case halted
        /// The two sides do not share a last agreed tree; nothing was applied.
        case amnesia
        /// The vm or its receiver cannot be reached, or the link broke.
        case unreachable
        /// A file, directory or socket may not be used by this user.
        case permission
        /// The two programs speak no common protocol version.
        case version
        /// The pair, its state or its settings do not fit.
        case configuration
        /// A disk is full or below its free-space floor.
        case noSpace
        /// The other side broke the protocol.
        case protocolViolation
        /// `--wait` ran out.
        case timedOut
        /// The user interrupted.
        case interrupted
        /// Another process works on this pair.
        case busy
        /// Anything else.
        case failed
    }

    package var code: Code
    package var message: String
    package var hint: String?

    package init(_ code: Code, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    package var description: String { hint.map { "\(message); \($0)" } ?? message }
}
