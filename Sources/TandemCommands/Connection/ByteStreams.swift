import Glibc

/// This process's standard streams as bytes.
///
/// What a command of the user's writes passes as it is, as with ssh: it is the user's own output,
/// and may be no text at all.
package struct ByteStreams: Sendable {
    /// Both give up silently when nobody reads any more.
    package var output: @Sendable ([UInt8]) -> Void
    package var error: @Sendable ([UInt8]) -> Void
    /// The next bytes; nil at the end.
    package var input: @Sendable () -> [UInt8]?

    package init(
        output: @escaping @Sendable ([UInt8]) -> Void,
        error: @escaping @Sendable ([UInt8]) -> Void,
        input: @escaping @Sendable () -> [UInt8]?
    ) {
        self.output = output
        self.error = error
        self.input = input
    }

    /// Nothing in, and nothing comes out.
    package static let none = ByteStreams(output: { _ in }, error: { _ in }, input: { nil })

    /// Descriptors 0, 1 and 2.
    static let ofProcess = ByteStreams(
        output: { write($0, to: STDOUT_FILENO) },
        error: { write($0, to: STDERR_FILENO) },
        input: { read() }
    )

    private static let chunk = 32 * 1024

    private static func read() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: chunk)
        while true {
            let count = unsafe Glibc.read(STDIN_FILENO, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            return count > 0 ? Array(buffer[..<count]) : nil
        }
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                return
            }
        }
    }
}
