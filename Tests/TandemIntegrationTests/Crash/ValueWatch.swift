import Dispatch
import Foundation
import TandemSystem
import TandemTestSupport
import TandemTree

/// Reads files on the vm all the time, and knows which contents they may have.
///
/// Invariant it checks (SAFETY I2): a file that stood is never missing, holds exactly a value that
/// was written on the laptop, and never goes back to an older one.
final class ValueWatch: Sendable {
    private struct State {
        /// The number of each value a file had on the laptop, oldest first.
        var values: [String: [Digest: Int]] = [:]
        var latest: [String: Int] = [:]
        var faults: [String] = []
        var observations = 0
        var isStopped = false
    }

    private let state = Monitor(State())
    private let directory: TemporaryDirectory
    /// Whether a value may only be followed by a newer one.
    private let isOrdered: Bool

    /// Watches files in `directory`; nothing is read before `start`.
    init(_ directory: TemporaryDirectory, isOrdered: Bool = true) {
        self.directory = directory
        self.isOrdered = isOrdered
    }

    /// Says that a file is about to have this content on the laptop.
    func expect(_ name: String, _ content: [UInt8]) {
        let digest = ContentHasher.digest(of: content)
        state.change { state in
            let number = state.values[name]?.count ?? 0
            state.values[name, default: [:]][digest] = number
        }
    }

    /// Reads on a thread of its own until `stop`.
    func start() -> WorkerThread {
        WorkerThread.start("watch") { [self] in
            while !isStopped {
                for name in state.look({ Array($0.values.keys) }) { observe(name) }
            }
        }
    }

    /// Leaves the cores to the programs for a moment, or until the end.
    private var isStopped: Bool {
        state.wait(until: .now() + .milliseconds(3)) { $0.isStopped ? true : nil } ?? false
    }

    /// Ends the reading.
    ///
    /// - Returns: how many contents were seen, and what was wrong with them.
    func stop() -> (observations: Int, faults: [String]) {
        state.change { state in
            state.isStopped = true
            return (state.observations, state.faults)
        }
    }

    /// What was wrong so far.
    var faults: [String] { state.look { $0.faults } }

    private func observe(_ name: String) {
        let bytes = FileManager.default.contents(atPath: directory.path(name)).map(Array.init)
        let digest = bytes.map { ContentHasher.digest(of: $0) }
        state.look { state in
            let latest = state.latest[name]
            guard let digest, let bytes else {
                if latest != nil { state.faults.append("\(name) was missing") }
                return
            }
            state.observations += 1
            guard let number = state.values[name]?[digest] else {
                state.faults.append("\(name) held \(bytes.count) bytes nobody wrote")
                return
            }
            if isOrdered, number < latest ?? 0 {
                state.faults.append("\(name) went back from value \(latest ?? 0) to \(number)")
            }
            state.latest[name] = number
        }
    }
}
