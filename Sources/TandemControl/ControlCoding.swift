import Foundation

/// How a message becomes bytes and back.
package enum ControlCoding {
    /// Encodes a message.
    ///
    /// - Throws: `ControlError`
    package static func encode(_ message: some Encodable) throws(ControlError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(message))
        } catch {
            throw ControlError(.garbled, "a message cannot be written: \(error)")
        }
    }

    /// Decodes a message from bytes of any kind.
    ///
    /// - Throws: `ControlError`
    package static func decode<Message: Decodable>(
        _ type: Message.Type,
        from bytes: [UInt8]
    ) throws(ControlError) -> Message {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw ControlError(.garbled, "this is no message of the control protocol")
        }
    }
}
