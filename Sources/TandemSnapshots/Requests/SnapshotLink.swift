package import Dispatch
package import TandemSystem

/// Frames of the snapshot protocol over a link.
package struct SnapshotLink {
    private let link: any ByteLink

    package init(_ link: any ByteLink) { self.link = link }

    /// Sends one frame.
    package func send(_ body: [UInt8]) throws {
        var frame = FlatWriter()
        frame.put(UInt32(clamping: body.count))
        frame.put(raw: body)
        try link.write(frame.bytes)
    }

    /// Reads one frame; nil where the other side ended before it.
    ///
    /// - Throws: `LinkError`, also for a frame that is longer than `limit`.
    package func receive(
        atMost limit: Int,
        until deadline: DispatchTime = .distantFuture
    ) throws -> [UInt8]? {
        guard let header = try read(SnapshotWire.headerSize, deadline) else { return nil }
        var reader = FlatReader(header)
        let length = Int(try reader.u32())
        guard length > 0, length <= limit else {
            throw LinkError(.failed, "the other side speaks no snapshot protocol")
        }
        guard let body = try read(length, deadline) else {
            throw LinkError(.closed, "the link ended in the middle of a message")
        }
        return body
    }

    private func read(_ count: Int, _ deadline: DispatchTime) throws -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            let wanted = min(count - bytes.count, Self.step)
            var got = 0
            let part = try unsafe [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
                got = try unsafe link.read(into: .init(buffer), until: deadline)
                filled = got
            }
            if got == 0 {
                if bytes.isEmpty { return nil }
                throw LinkError(.closed, "the link ended in the middle of a message")
            }
            bytes.append(contentsOf: part)
        }
        return bytes
    }

    /// Memory follows what came, not what was announced.
    private static let step = 64 << 10
}

/// Asks a snapshot daemon over a link.
package struct SnapshotClient {
    private let link: SnapshotLink

    package init(_ link: any ByteLink) { self.link = SnapshotLink(link) }

    /// Sends a request and calls with each answer but the last.
    ///
    /// - Parameters:
    ///   - request: what is asked.
    ///   - deadline: when to give up.
    ///   - body: told each answer; what it throws ends the reading.
    /// - Throws: `SnapshotError` that the daemon answered, `LinkError`, what `body` throws.
    package func ask(
        _ request: SnapshotRequest,
        until deadline: DispatchTime = .distantFuture,
        _ body: (SnapshotAnswer) throws -> Void
    ) throws {
        try link.send(request.encode())
        while true {
            guard
                let bytes = try link.receive(
                    atMost: SnapshotWire.longestAnswer,
                    until: deadline
                )
            else {
                throw LinkError(.closed, "the snapshot daemon ended the link without an answer")
            }
            guard let answer = SnapshotAnswer(decoding: bytes) else {
                throw LinkError(
                    .failed,
                    "the snapshot daemon speaks another version of the protocol"
                )
            }
            switch answer {
            case .done: return
            case .failed(let error): throw error
            case .working: continue
            default: try body(answer)
            }
        }
    }
}
