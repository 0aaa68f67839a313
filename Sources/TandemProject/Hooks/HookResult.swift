import TandemTree

/// How a run of a hook ended.
package struct HookResult: Hashable, Sendable {
    package enum End: Hashable, Sendable {
        case status(Int32)
        case signal(String)
        case timedOut
        /// It did not come to run, or its end was not heard of.
        case failed(String)
    }

    package var run: HookRun
    package var end: End
    /// What it wrote, both streams, escaped line by line; the middle is left out where it is long.
    package var output: [String]
    package var nanoseconds: UInt64

    /// Whether it did what it was to do.
    package var isGood: Bool { end == .status(0) }

    /// One line for the log.
    package var sentence: String { "\(outcome), batch \(run.generation)" }

    /// One line for the journal, which knows the batch: where it failed, with the last that it wrote.
    package var summary: String {
        guard !isGood, let last = output.last else { return outcome }
        return "\(outcome): \(last.prefix(Self.shownCharacters))"
    }

    private static let shownCharacters = 200

    private var outcome: String {
        let ending =
            switch end {
            case .status(0): "ok"
            case .status(let code): "exit code \(code)"
            case .signal(let name): "signal \(name)"
            case .timedOut: "ended after \(run.hook.timeoutSeconds) s, its limit"
            case .failed(let reason): "not run: \(reason)"
            }
        let tenths = nanoseconds / 100_000_000
        let label = escaped(run.hook.label.utf8)
        return "hook \(label) on the \(run.hook.side.rawValue): \(ending), \(tenths / 10)."
            + "\(tenths % 10) s"
    }
}

/// What the log is told about hooks.
package enum HookEvent: Hashable, Sendable {
    case started(HookRun)
    case ended(HookResult)
}

/// The beginning and the end of an output that may be endless.
struct HookOutput {
    /// The beginning says what it is about, the end why it failed.
    private static let firstBytes = 8 * 1024
    private static let lastBytes = 24 * 1024

    private var first: [UInt8] = []
    private var last: [UInt8] = []
    private var dropped = 0

    mutating func append(_ bytes: some Collection<UInt8>) {
        let head = bytes.prefix(Self.firstBytes - first.count)
        first.append(contentsOf: head)
        last.append(contentsOf: bytes.dropFirst(head.count))
        guard last.count > 2 * Self.lastBytes else { return }
        cut()
    }

    private mutating func cut() {
        let extra = max(0, last.count - Self.lastBytes)
        last.removeFirst(extra)
        dropped += extra
    }

    /// The lines, each through the project's escape.
    mutating func lines() -> [String] {
        cut()
        guard dropped > 0 else { return Self.lines(first + last) }
        return Self.lines(first) + ["(\(dropped) bytes left out)"] + Self.lines(last)
    }

    private static func lines(_ bytes: [UInt8]) -> [String] {
        bytes.split(separator: UInt8(ascii: "\n")).map { escaped($0) }
    }
}
