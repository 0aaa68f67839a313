import Dispatch
import Glibc
import TandemSystem

/// A client of ssh-agent (draft-miller-ssh-agent): lists keys and has it sign.
///
/// Not libssh2's, which would send the agent's requests through the session's callbacks.
struct AgentClient: Sendable {
    private enum Message {
        static let identitiesRequest: UInt8 = 11
        static let identitiesAnswer: UInt8 = 12
        static let signRequest: UInt8 = 13
        static let signResponse: UInt8 = 14
        static let rsaSHA256: UInt32 = 2
        static let rsaSHA512: UInt32 = 4
    }

    /// OpenSSH's own limit for an agent message.
    private static let messageLimit = 256 * 1024
    /// A person may have to touch a token or confirm a dialogue.
    private static let seconds = 60

    let path: String

    /// The keys the agent holds; nil when it cannot be asked.
    func keys() -> [PublicKeyBlob]? {
        guard let reply = ask([Message.identitiesRequest]) else { return nil }
        var reader = WireReader(reply)
        guard reader.byte() == Message.identitiesAnswer, let count = reader.uint32() else {
            return nil
        }
        var keys: [PublicKeyBlob] = []
        for _ in 0..<count {
            guard let blob = reader.string(), reader.string() != nil else { return nil }
            if let key = PublicKeyBlob(blob) { keys.append(key) }
        }
        return keys
    }

    /// The signature without its algorithm's name; nil when the agent refuses.
    func signature(
        of data: UnsafeRawBufferPointer,
        by key: PublicKeyBlob,
        algorithm: String
    ) -> [UInt8]? {
        var request = WireWriter()
        request.byte(Message.signRequest)
        request.string(key.bytes)
        request.string(data)
        switch algorithm {
        case "rsa-sha2-256": request.uint32(Message.rsaSHA256)
        case "rsa-sha2-512": request.uint32(Message.rsaSHA512)
        default: request.uint32(0)
        }
        guard let reply = ask(request.bytes) else { return nil }
        var reader = WireReader(reply)
        guard reader.byte() == Message.signResponse, let signature = reader.string() else {
            return nil
        }
        var parts = WireReader(signature)
        guard parts.text() == algorithm else { return nil }
        return parts.string()
    }

    /// Sends one message and reads one, over a connection of its own.
    private func ask(_ message: [UInt8]) -> [UInt8]? {
        guard let socket = try? UnixSocket.connect(to: path) else { return nil }
        let link = DescriptorLink(input: socket, output: socket)
        defer { link.close() }
        let deadline = DispatchTime.now() + .seconds(Self.seconds)
        var request = WireWriter()
        request.string(message)
        guard (try? link.write(request.bytes)) != nil,
            let header = read(4, link, deadline)
        else { return nil }
        var reader = WireReader(header)
        guard let length = reader.uint32(), length <= Self.messageLimit else { return nil }
        return read(Int(length), link, deadline)
    }

    private func read(_ count: Int, _ link: DescriptorLink, _ deadline: DispatchTime) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = bytes.withUnsafeMutableBytes {
                let rest = UnsafeMutableRawBufferPointer(rebasing: $0[filled...])
                return try? link.read(into: rest, until: deadline)
            }
            guard let got, got > 0 else { return nil }
            filled += got
        }
        return bytes
    }
}
