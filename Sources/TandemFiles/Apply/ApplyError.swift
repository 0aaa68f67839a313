package import TandemSystem

/// Why a batch, the shelf or the lineage could not go on as a whole.
///
/// What concerns one change is a refusal in the outcome instead.
package struct ApplyError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// The free-space floor would be passed.
        case noSpace
        /// `.tandem` or something in it is not this user's own, or others may write it.
        case notPrivate
        /// The other side sent content that no change asked for, or more than it announced.
        case badContent
        /// The batch has ended.
        case ended
        /// An item that does not exist, or cannot be read any more.
        case noSuchItem
        /// Something stands where an item shall go.
        case exists
        /// A call failed.
        case system
    }

    package var code: Code
    package var message: String
    package var cause: SystemError?

    package init(_ code: Code, _ message: String, cause: SystemError? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// A call that failed while doing what `message` says.
    package init(_ message: String, _ cause: SystemError) {
        self.init(.system, message, cause: cause)
    }

    package var description: String {
        cause.map { "\(message): \($0.description)" } ?? message
    }
}
