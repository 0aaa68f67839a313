import Glibc

/// A system call that failed: which one, on what, and the kernel's reason.
package struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    package var operation: String
    package var subject: String
    package var errno: Int32

    package init(_ operation: String, _ subject: String = "", errno code: Int32 = Glibc.errno) {
        self.operation = operation
        self.subject = subject
        self.errno = code
    }

    /// The kernel's sentence for the error, such as "No space left on device".
    package var reason: String { String(cString: strerror(errno)) }

    package var description: String {
        subject.isEmpty ? "\(operation): \(reason)" : "\(operation) \(subject): \(reason)"
    }
}
