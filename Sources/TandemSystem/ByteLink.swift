package import Dispatch

/// An ordered, reliable stream of bytes in both directions: what every transport ends as.
///
/// One thread reads while another writes; neither call may be made by two threads at once.
/// `close` may be called from any thread and makes both ends' calls return.
package protocol ByteLink: AnyObject, Sendable {
    /// Reads at least one byte into `buffer`.
    ///
    /// - Parameters:
    ///   - buffer: where the bytes go; not empty.
    ///   - deadline: when to give up.
    /// - Returns: the number of bytes; 0 when the peer ended its direction.
    /// - Throws: `LinkError`.
    func read(
        into buffer: UnsafeMutableRawBufferPointer,
        until deadline: DispatchTime
    ) throws -> Int

    /// Writes all of `bytes`, waiting while the peer does not read.
    ///
    /// - Throws: `LinkError`.
    func write(_ bytes: UnsafeRawBufferPointer) throws

    /// Ends the link in both directions and frees what it holds; later calls do nothing.
    func close()
}

/// Why a link ended or could not be made.
package struct LinkError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        case closed
        case timedOut
        case failed
    }

    package var code: Code
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}

extension ByteLink {
    /// Writes an array.
    package func write(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try write($0) }
    }
}
