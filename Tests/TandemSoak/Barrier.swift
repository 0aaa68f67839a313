import Foundation
import TandemSystem
import TandemTestSupport

/// Somebody who saves on both sides, flushes, and looks: again and again, while others go on.
///
/// A flush is a barrier. When it has returned, what was saved before it is on the other side, however
/// much else is under way.
final class Barrier: Sendable {
    struct Report: Sendable {
        var flushes = 0
        /// Flushes that did not return in time.
        var unanswered = 0
        /// Flushes that said that they do not work now: a halt, a root that is away.
        var refused = 0
        var slowest = 0.0
        /// What was not on the other side though a flush had returned.
        var faults: [String] = []
    }

    private struct State {
        var isStopped = false
        var report = Report()
    }

    private static let folder = "barrier"
    /// How long a flush may take while both sides are worked on and the link is cut.
    private static let flushSeconds = 120

    private let state = Monitor(State())
    private let pair: any SoakPair
    private let pause: Int

    /// - Parameters:
    ///   - pair: the pair to flush.
    ///   - pause: the milliseconds between two flushes.
    init(_ pair: any SoakPair, pause: Int) {
        self.pair = pair
        self.pause = pause
    }

    /// Saves, flushes and looks on a thread of its own until `stop`.
    func start() -> WorkerThread {
        WorkerThread.start("barrier") { [self] in
            var number = 0
            while !isStopped {
                number += 1
                tryOnce(number)
            }
        }
    }

    /// Ends it after the flush that is under way; gives what was found so far.
    func stop() { state.change { $0.isStopped = true } }

    var report: Report { state.look { $0.report } }

    private var isStopped: Bool {
        state.wait(until: .now() + .milliseconds(pause)) { $0.isStopped ? true : nil } ?? false
    }

    private func tryOnce(_ number: Int) {
        let clock = Stopwatch()
        do {
            try save(number)
            let flush = try pair.flush(seconds: Self.flushSeconds)
            let missing = missing(number)
            state.change { state in
                switch flush {
                case .inSync, .durable, .attention:
                    state.report.flushes += 1
                    state.report.slowest = max(state.report.slowest, clock.seconds)
                    state.report.faults += missing.map { "flush \(number): \($0)" }
                case .timedOut: state.report.unanswered += 1
                case .broken: state.report.refused += 1
                }
            }
        } catch {
            state.change { $0.report.faults.append("flush \(number): \(error)") }
        }
    }

    /// Two files are saved in turns: a new one, and one that is replaced.
    private func save(_ number: Int) throws {
        for (side, root) in [("laptop", pair.laptop), ("vm", pair.vm)] {
            let folder = "\(root)/\(Self.folder)"
            try? FileManager.default.createDirectory(
                atPath: folder,
                withIntermediateDirectories: true
            )
            let text = Data("\(side) \(number)".utf8)
            try text.write(to: URL(filePath: "\(folder)/\(side)"), options: .atomic)
            try text.write(to: URL(filePath: "\(folder)/\(side)-\(number % 50)"))
        }
    }

    private func missing(_ number: Int) -> [String] {
        [("laptop", pair.vm), ("vm", pair.laptop)].flatMap { side, other in
            [side, "\(side)-\(number % 50)"].compactMap { name in
                let path = "\(other)/\(Self.folder)/\(name)"
                let text = FileManager.default.contents(atPath: path)
                    .map { String(decoding: $0, as: UTF8.self) }
                guard text != "\(side) \(number)" else { return nil }
                return "\(name) of the \(side) is \(text ?? "missing") on the other side"
            }
        }
    }
}
