import Glibc
import Synchronization

/// A named instant at which a test can make the process die, as by `kill -9`.
///
/// A debug build ends itself with SIGKILL when `TANDEM_CRASH_AT` names the point, or the n-th
/// passing of it as `name:n`. A release build holds none of this.
package enum CrashPoint {
    /// Marks the instant; returns unless the environment asks for death here.
    @inline(__always)
    package static func reach(_ name: StaticString) {
        #if DEBUG
        guard let aim = Aim.chosen, aim.name == name.description else { return }
        if aim.countdown() { kill(getpid(), SIGKILL) }
        #endif
    }
}

#if DEBUG
/// The point and the passing that `TANDEM_CRASH_AT` names, read once.
private final class Aim: Sendable {
    static let chosen: Aim? = getenv("TANDEM_CRASH_AT").map { Aim(String(cString: $0)) }

    let name: String
    private let left: Mutex<Int>

    init(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1)
        name = parts.first.map(String.init) ?? ""
        left = Mutex(parts.count > 1 ? Int(parts[1]) ?? 1 : 1)
    }

    /// True when this passing is the one.
    func countdown() -> Bool {
        left.withLock { left in
            left -= 1
            return left == 0
        }
    }
}
#endif
