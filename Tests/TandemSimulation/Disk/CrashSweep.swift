import TandemTestSupport

/// Runs an act once for each of its mutating calls, dying there, and looks at what is left.
package struct CrashSweep {
    /// How the act ended.
    package struct Crash: Sendable, CustomStringConvertible {
        /// The mutating call before which the process died; nil when the act came to its end.
        package var call: Int?
        /// The seed of what the power cut took; nil when only the process died.
        package var cut: UInt64?

        package var description: String {
            let end = call.map { "death at call \($0)" } ?? "after the end"
            return end + (cut.map { ", power cut \($0)" } ?? ", no power cut")
        }
    }

    package var image: DiskImage
    /// Power cuts for each call, beside the death of the process alone.
    package var cuts = 3
    /// Every so many calls one is died at.
    package var stride = 1
    package var seed: UInt64 = 0
    package var settings = SimulatedFileSystem.Settings()
    package private(set) var crashes = 0

    package init(_ image: DiskImage) { self.image = image }

    /// Dies everywhere.
    /// - Parameters:
    ///   - act: what is done; after a death every call fails, and so may it.
    ///   - check: looks at what is left, on a machine that was started anew.
    /// - Throws: what `check` throws, or `act` where nothing ended it.
    package mutating func run(
        act: (SimulatedFileSystem) throws -> Void,
        check: (SimulatedFileSystem, Crash) throws -> Void
    ) throws {
        let whole = fresh()
        try act(whole)
        let calls = whole.mutatingCalls
        for call in Swift.stride(from: 0, to: calls, by: stride) {
            for cut in 0...cuts { try crash(call, cut, act, check) }
        }
        // What was acknowledged outlives a power cut right after it.
        for cut in 0...cuts { try crash(nil, cut, act, check) }
    }

    private mutating func crash(
        _ call: Int?,
        _ cut: Int,
        _ act: (SimulatedFileSystem) throws -> Void,
        _ check: (SimulatedFileSystem, Crash) throws -> Void
    ) throws {
        let fileSystem = fresh()
        if let call { fileSystem.die(atMutatingCall: call) }
        do { try act(fileSystem) } catch { if call == nil { throw error } }
        var crash = Crash(call: call)
        if cut == 0 {
            fileSystem.restart()
        } else {
            let cutSeed = seed &* 1_000_003 &+ UInt64(call ?? 999_983) &* 31 &+ UInt64(cut)
            crash.cut = cutSeed
            var generator = SeededGenerator(seed: cutSeed)
            fileSystem.cutPower(using: &generator)
        }
        crashes += 1
        try check(fileSystem, crash)
    }

    private func fresh() -> SimulatedFileSystem {
        SimulatedFileSystem(image, settings: settings)
    }
}
