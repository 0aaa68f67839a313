import TandemDaemon
package import TandemSync

/// Turns a push's progress into what a person reads; a value that is told the time.
///
/// While the total is unknown it counts; once it is known it shows bytes, rate and what is left.
package struct ProgressLine: Sendable {
    /// How the text is shown.
    package enum Style: Sendable {
        /// One line that is rewritten.
        case terminal
        /// A line for each step, and one now and then within a long step.
        case lines
    }

    /// Faster than this a rewritten line only flickers.
    static let terminalInterval: UInt64 = 100_000_000
    /// How often a log learns that a long step goes on.
    static let lineInterval: UInt64 = 10_000_000_000
    /// A rate over less time than this jumps too much to be shown.
    static let rateWarmUp: UInt64 = 500_000_000

    private let style: Style
    private var step: Int?
    private var lastShown: UInt64 = 0
    private var sendingSince: (time: UInt64, bytes: UInt64)?

    package init(style: Style) {
        self.style = style
    }

    /// Takes one report.
    ///
    /// - Parameters:
    ///   - progress: where the push stands.
    ///   - now: monotonic nanoseconds.
    /// - Returns: the text to show, or nil when nothing new should be shown yet.
    package mutating func handle(_ progress: PushProgress, now: UInt64) -> String? {
        let number = Self.step(of: progress)
        let isNew = step != number
        if isNew {
            step = number
            sendingSince = nil
        }
        if case .sending(_, _, let bytes, _) = progress, sendingSince == nil {
            sendingSince = (now, bytes)
        }
        let interval = style == .terminal ? Self.terminalInterval : Self.lineInterval
        guard isNew || now &- lastShown >= interval else { return nil }
        lastShown = now
        return text(progress, now: now)
    }

    private static func step(of progress: PushProgress) -> Int {
        switch progress {
        case .connecting: 0
        case .connected: 1
        case .scanning: 2
        case .comparing: 3
        case .sending: 4
        case .applying: 5
        case .committing: 6
        }
    }

    private func text(_ progress: PushProgress, now: UInt64) -> String {
        switch progress {
        case .connecting: "connecting"
        case .connected(let receiver): "connected to \(receiver)"
        case .scanning(let entries, let bytes):
            "scanning: \(Quantities.count(entries, "entry", "entries"))"
                + (bytes == 0 ? "" : ", \(Quantities.bytes(bytes)) hashed")
        case .comparing: "comparing"
        case .sending(let files, let ofFiles, let bytes, let ofBytes):
            "sending: \(Quantities.count(files)) of \(Quantities.count(ofFiles, "file")), "
                + "\(Quantities.bytes(bytes)) of \(Quantities.bytes(ofBytes))"
                + pace(bytes: bytes, ofBytes: ofBytes, now: now)
        case .applying(let applied, let total):
            "applying: \(Quantities.count(applied)) of \(Quantities.count(total, "change"))"
        case .committing: "making it durable"
        }
    }

    private func pace(bytes: UInt64, ofBytes: UInt64, now: UInt64) -> String {
        guard let since = sendingSince, now &- since.time >= Self.rateWarmUp,
            bytes > since.bytes
        else { return "" }
        let seconds = Double(now - since.time) / Double(Quantities.nanosecondsPerSecond)
        let rate = Double(bytes - since.bytes) / seconds
        let speed = ", \(Quantities.bytes(UInt64(min(rate, 1e18))))/s"
        guard ofBytes > bytes else { return speed }
        let left = Double(ofBytes - bytes) / rate
        guard left < Double(DurationText.maximumSeconds) else { return speed }
        return "\(speed), \(Quantities.duration(.seconds(Int64(left.rounded(.up))))) left"
    }
}
