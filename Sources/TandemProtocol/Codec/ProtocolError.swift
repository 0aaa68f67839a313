/// A peer's bytes, or a caller's message, that the protocol does not allow.
package struct ProtocolError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of rule was broken, to switch over.
    package enum Code: String, Hashable, Sendable, CaseIterable {
        case frameEmpty = "an empty frame"
        case frameTooLarge = "a frame above the limit"
        case unknownType = "a frame of unknown type"
        case wrongOrder = "a message out of order"
        case truncated = "a message that ends early"
        case trailingBytes = "a message with bytes left over"
        case badNumber = "a number that is no valid varint"
        case outOfRange = "a number out of its range"
        case badValue = "a value that means nothing"
        case badText = "text that is not UTF-8"
        case badPath = "a path that is not allowed"
        case unsorted = "entries out of order"
        case duplicatePath = "the same path twice"
        case tooMany = "more items than allowed"
        case tooLong = "a field above its limit"
        case badCompression = "compressed bytes that do not unpack as announced"
        case creditExceeded = "content beyond the granted credit"
        case contentExceeded = "more content than the batch has"
        case helloTooLong = "too many bytes before Hello"
        case noGreeting = "no greeting from the receiver"
        case tooManyPings = "too many pings"
        case noCommonVersion = "no common protocol version"
    }

    package var code: Code
    /// The message or field, such as "Changes.path".
    package var what: String

    package init(_ code: Code, _ what: String) {
        self.code = code
        self.what = what
    }

    init(_ code: Code, _ what: StaticString) {
        self.init(code, what.description)
    }

    package var description: String { "\(code.rawValue): \(what)" }
}
