import Glibc

/// Exit codes of `tandem-receiver`, the same as the `tandem` command's.
package enum ReceiverExit {
    package static let failed: Int32 = 2
    package static let unreachable: Int32 = 69
    package static let permission: Int32 = 77
    package static let configuration: Int32 = 78
}

/// What `tandem-receiver` says on standard error.
enum ReceiverOutput {
    static func complain(_ what: String, next: String) {
        let text = Array("tandem-receiver: \(what)\n  next: \(next)\n".utf8)
        unsafe text.withUnsafeBytes { bytes in
            _ = unsafe write(STDERR_FILENO, bytes.baseAddress, bytes.count)
        }
    }
}
