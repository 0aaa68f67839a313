import Glibc
import TandemFiles
package import TandemTestSupport

/// What goes wrong at random in a `SimulatedFileSystem`; each is once in so many calls, 0 for never.
package struct SimulatedFaults: Sendable {
    /// A read or write takes only some of the bytes.
    package var short = 0
    /// A read or write is interrupted.
    package var interrupted = 0
    /// Any call that can fail does, with one of `errors`.
    package var failed = 0
    package var errors: [Int32] = [EIO, ENOSPC, EACCES, EMFILE, ENOMEM]
    package var generator = SeededGenerator(seed: 0)

    package init() {}

    mutating func hits(_ rate: Int) -> Bool { rate > 0 && generator.chance(rate) }

    mutating func error(for call: FileSystemCall) -> Int32? {
        guard call.canFail, hits(failed), !errors.isEmpty else { return nil }
        return errors[generator.below(errors.count)]
    }
}
