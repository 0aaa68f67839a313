import CLibSSH2
import Glibc

/// One libssh2 session that never meets a socket: its callbacks read and write memory.
///
/// SEND takes every packet whole, RECV gives only what the loop has put into `incoming`; so a call
/// that says EAGAIN always means "more input is needed", and no packet is ever half sent (the state
/// in which libssh2 loses rekeys and window adjustments). One thread makes the session, uses it and
/// ends it. The object outlives the C session, because the callbacks find it by address.
final class SSHSession {
    private(set) var incoming = ReceiveBuffer()
    var outgoing = ChunkList()
    /// What the server gave as its reason when it ended the session; nil where it only went away.
    private(set) var goodbye: String?
    private let raw: OpaquePointer
    /// The socket number libssh2 was told; nothing but SSH packets may be sent under it.
    let descriptor: Int32
    private let owner = pthread_self()
    private var freed = false

    /// Makes a session; `descriptor` is only a name for libssh2, which sets it non-blocking.
    init?(descriptor: Int32) {
        guard SSHLibrary.isReady, let raw = libssh2_session_init_ex(nil, nil, nil, nil) else {
            return nil
        }
        self.raw = raw
        self.descriptor = descriptor
        libssh2_session_abstract(raw)?.pointee = Unmanaged.passUnretained(self).toOpaque()
        tandem_set_callbacks(raw, receiveCallback, sendCallback, disconnectCallback)
        libssh2_session_set_blocking(raw, 0)
    }

    deinit { free() }

    /// The C session, for calls of the thread that owns it.
    var pointer: OpaquePointer {
        assert(pthread_equal(owner, pthread_self()) != 0, "a session belongs to one thread")
        return raw
    }

    /// Puts bytes from the network into the session.
    ///
    /// - Parameters:
    ///   - limit: the most to take at once.
    ///   - source: fills the buffer; nil when there is nothing now, 0 at the end.
    /// - Returns: the number of bytes, or nil when there were none.
    /// - Throws: what `source` throws.
    func feed(
        atMost limit: Int,
        from source: (UnsafeMutableRawBufferPointer) throws -> Int?
    ) rethrows -> Int? {
        let space = incoming.space()
        guard !space.isEmpty, !incoming.ended else { return nil }
        let part = UnsafeMutableRawBufferPointer(rebasing: space.prefix(limit))
        guard let count = try source(part) else { return nil }
        if count == 0 { incoming.ended = true } else { incoming.filled(count) }
        return count
    }

    /// libssh2's own words for its last failure, copied at once because the session reuses them.
    var lastErrorText: String {
        var text: UnsafeMutablePointer<CChar>?
        libssh2_session_last_error(raw, &text, nil, 0)
        return text.map { String(cString: $0) } ?? "no reason given"
    }

    var lastErrorCode: Int32 { libssh2_session_last_errno(raw) }

    /// Frees the C session and its channels; the peer can no longer be waited for, so that nothing
    /// in there blocks.
    func free() {
        guard !freed else { return }
        freed = true
        incoming.ended = true
        libssh2_session_free(raw)
    }

    /// What is kept of the server's reason: one line of a terminal.
    private static let goodbyeBytes = 200

    fileprivate func heardGoodbye(_ reason: UnsafeRawBufferPointer) {
        goodbye = String(decoding: reason.prefix(Self.goodbyeBytes), as: UTF8.self)
    }

    fileprivate func receive(_ buffer: UnsafeMutableRawPointer, _ capacity: Int) -> Int {
        let count = incoming.take(into: buffer, capacity: capacity)
        if count > 0 { return count }
        return incoming.ended ? 0 : -Int(EAGAIN)
    }

    fileprivate func send(_ socket: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        precondition(socket == descriptor, "only SSH packets go through a session")
        if !freed { outgoing.append(bytes) }
        return bytes.count
    }
}

private func session(
    _ abstract: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> SSHSession? {
    abstract?.pointee.map { Unmanaged<SSHSession>.fromOpaque($0).takeUnretainedValue() }
}

private func receiveCallback(
    _ socket: Int32,
    _ buffer: UnsafeMutableRawPointer?,
    _ length: Int,
    _ flags: Int32,
    _ abstract: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> Int {
    guard let session = session(abstract), let buffer else { return 0 }
    return session.receive(buffer, length)
}

private func sendCallback(
    _ socket: Int32,
    _ buffer: UnsafeRawPointer?,
    _ length: Int,
    _ flags: Int32,
    _ abstract: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> Int {
    guard let session = session(abstract) else { return -Int(EPIPE) }
    return session.send(socket, UnsafeRawBufferPointer(start: buffer, count: length))
}

private func disconnectCallback(
    _ raw: OpaquePointer?,
    _ code: Int32,
    _ message: UnsafePointer<CChar>?,
    _ length: Int32,
    _ language: UnsafePointer<CChar>?,
    _ languageLength: Int32,
    _ abstract: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) {
    let count = message == nil ? 0 : max(0, Int(length))
    session(abstract)?.heardGoodbye(UnsafeRawBufferPointer(start: message, count: count))
}
