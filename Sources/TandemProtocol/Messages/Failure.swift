package import TandemTree

/// Why the vm does not do what it was asked.
package enum FailureCode: UInt8, Hashable, Sendable, CaseIterable {
    /// The two sides share no protocol version.
    case version = 1
    /// The pair id is not known here.
    case unknownPair = 2
    /// The root is missing, no directory, or not the one that was paired.
    case wrongRoot = 3
    /// Too many sessions, or another program holds the pair.
    case busy = 4
    /// A newer session of the same pair took over.
    case fenced = 5
    /// The laptop's bytes broke a rule of the protocol.
    case violation = 6
    /// The free-space floor would be broken.
    case noSpace = 7
    /// Reading or writing failed.
    case inputOutput = 8
    /// The purpose does not allow it.
    case notAllowed = 9
    /// What was named does not exist.
    case notFound = 10
    /// Something stands where the item should go.
    case occupied = 11
    /// The receiver ends.
    case stopping = 12
    /// The receiver's lineage record contradicts the request.
    case lineage = 13
    /// A fault in the receiver itself.
    case fault = 14
}

/// The vm's refusal; while a batch is open, and before Welcome, it ends the session.
///
///     u8            code
///     text          a sentence for people
///     u8 [path]     1 and the path it is about, or 0
package struct Failure: Hashable, Sendable {
    package var code: FailureCode
    package var message: String
    package var path: RelativePath?

    package init(_ code: FailureCode, _ message: String, path: RelativePath? = nil) {
        self.code = code
        self.message = message
        self.path = path
    }

    func append(to bytes: inout [UInt8]) {
        bytes.append(code.rawValue)
        bytes.append(text: message, atMost: Limits.messageText)
        bytes.append(flag: path != nil)
        if let path { bytes.append(counted: path.bytes) }
    }

    init(_ reader: inout ByteReader) throws(ProtocolError) {
        guard let code = FailureCode(rawValue: try reader.byte("Failure.code")) else {
            throw ProtocolError(.badValue, "Failure.code")
        }
        self.code = code
        message = try reader.text("Failure.message", atMost: Limits.messageText)
        path = try reader.flag("Failure.path") ? try reader.wholePath("Failure.path") : nil
    }
}
