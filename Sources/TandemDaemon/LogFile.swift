import Glibc
import Synchronization
package import TandemSystem

/// A log on disk that bounds itself: lines appended whole, rotated by size and age.
///
/// The file is `NAME.log`; a full one is renamed to `NAME.log.N`, where N only grows, and a new one
/// is opened, so no line is copied, lost or torn while a reader follows it. A write that fails
/// never reaches the caller: the line is dropped, counted, and said when writing works again.
/// One process owns a name; its daemon's state lock sees to that. Where two write it all the same,
/// each line is still whole and in one file: appends do not mix, no file is renamed over another,
/// and who finds that the file was rotated by the other goes on in the new one.
package final class LogFile: Sendable {
    /// How much is kept.
    package struct Policy: Hashable, Sendable {
        /// The size at which a file is rotated.
        package var maximumBytes = 10_000_000
        /// How many rotated files are kept beside the current one.
        package var keptFiles = 5
        /// The age, in seconds, at which the current file is rotated and a rotated one removed.
        package var maximumAge: Int64 = 14 * 86_400

        package init() {}
    }

    private struct State {
        var current: OpenLog?
        var nextNumber = 1
        var dropped = 0
        var dropReason = ""
        /// Part of a line that could not be written is still in the file.
        var isTorn = false
    }

    private let state: Mutex<State>
    private let directory: String
    private let name: String
    private let policy: Policy
    private let storage: any LogStorage
    private let clock: any TimeSource

    /// Opens or continues the log `name` in a directory that is there.
    ///
    /// - Parameters:
    ///   - directory: where the files go.
    ///   - name: the daemon's name; `.log` is put behind it.
    ///   - policy: how much is kept.
    ///   - storage: the disk.
    ///   - clock: the time that ages are measured by.
    /// - Throws: `SystemError` where the file cannot be opened now: a daemon says so at its start.
    package init(
        directory: String,
        name: String,
        policy: Policy = Policy(),
        storage: any LogStorage = DiskLogStorage(),
        clock: any TimeSource = SystemTime()
    ) throws(SystemError) {
        self.directory = directory
        self.name = name
        self.policy = policy
        self.storage = storage
        self.clock = clock
        var state = State()
        state.current = try storage.open("\(directory)/\(name).log")
        let numbers = Self.rotated(storage.names(in: directory), of: name)
        state.nextNumber = (numbers.max() ?? 0) + 1
        self.state = Mutex(state)
    }

    deinit {
        state.withLock { state in
            if let current = state.current { storage.close(current.descriptor) }
        }
    }

    /// The path of the file that is written now.
    package var path: String { "\(directory)/\(name).log" }

    /// How many lines were dropped and not yet reported in the log.
    package var droppedLines: Int { state.withLock { $0.dropped } }

    /// Appends one line; a line feed is put behind it where it has none.
    package func write(_ line: [UInt8]) {
        let line = Self.oneLine(line)
        state.withLock { state in
            followName(&state)
            rotateIfDue(&state, adding: line.count)
            append(line, &state)
        }
    }

    /// Opens the file by its name again, after somebody else renamed it.
    package func reopen() {
        state.withLock { state in
            guard let fresh = try? storage.open(path) else { return }
            if let old = state.current { storage.close(old.descriptor) }
            state.current = fresh
            state.isTorn = false
        }
    }

    /// Opens the file anew when its name has come to stand for another, or for none.
    private func followName(_ state: inout State) {
        guard let current = state.current, storage.identity(of: path) != current.identity,
            let fresh = try? storage.open(path)
        else { return }
        storage.close(current.descriptor)
        state.current = fresh
        state.isTorn = false
    }

    // MARK: Appending

    private func append(_ line: [UInt8], _ state: inout State) {
        do throws(SystemError) {
            if state.current == nil { state.current = try storage.open(path) }
            try appendWhole(notice(state) + line, &state)
            state.dropped = 0
        } catch {
            state.dropped += 1
            state.dropReason = error.reason
        }
    }

    /// Appends all of `bytes`, or takes back what was appended of them.
    private func appendWhole(_ bytes: [UInt8], _ state: inout State) throws(SystemError) {
        guard var current = state.current else { return }
        let whole = state.isTorn ? [UInt8(ascii: "\n")] + bytes : bytes
        var rest = whole[...]
        do throws(SystemError) {
            while !rest.isEmpty {
                rest = rest.dropFirst(try storage.append(rest, to: current.descriptor))
            }
        } catch {
            if rest.count < whole.count { takeBack(&state, whole.count - rest.count) }
            throw error
        }
        current.size += whole.count
        state.current = current
        state.isTorn = false
    }

    private func takeBack(_ state: inout State, _ count: Int) {
        guard let current = state.current else { return }
        do throws(SystemError) {
            try storage.truncate(current.descriptor, to: current.size)
        } catch {
            state.current?.size += count
            state.isTorn = true
        }
    }

    /// The line that says how many were dropped; empty when none were.
    private func notice(_ state: State) -> [UInt8] {
        guard state.dropped > 0 else { return [] }
        var line = JSONLine()
        line.add("time", Timestamp.text(clock.wall))
        line.add("level", "warning")
        line.add("logger", name)
        line.add("message", "log lines were dropped")
        line.add("dropped", state.dropped)
        line.add("reason", state.dropReason)
        return line.finished()
    }

    /// The line with one line feed, at its end.
    private static func oneLine(_ line: [UInt8]) -> [UInt8] {
        let feed = UInt8(ascii: "\n")
        if let first = line.firstIndex(of: feed), first == line.count - 1 { return line }
        var body = line
        while body.last == feed { body.removeLast() }
        return body.map { $0 == feed ? UInt8(ascii: " ") : $0 } + [feed]
    }

    // MARK: Rotating

    private func rotateIfDue(_ state: inout State, adding count: Int) {
        guard let current = state.current, current.size > 0 else { return }
        let isFull = current.size + count > policy.maximumBytes
        let isOld = clock.wall - current.begun > policy.maximumAge * 1_000_000_000
        guard isFull || isOld else { return }
        rotate(&state)
    }

    /// Renames the file and opens a new one; where either fails, goes on in the old one.
    private func rotate(_ state: inout State) {
        guard let aside = moveAside(&state) else { return }
        do throws(SystemError) {
            var fresh = try storage.open(path)
            fresh.begun = clock.wall
            if let old = state.current { storage.close(old.descriptor) }
            state.current = fresh
            state.isTorn = false
            prune()
        } catch {
            guard (try? storage.rename(aside, to: path)) != nil else { return }
            state.nextNumber -= 1
        }
    }

    /// Gives the file the next number; nil where it cannot be renamed.
    private func moveAside(_ state: inout State) -> String? {
        // Another process may have taken numbers since; it takes few in one rename's time.
        for _ in 0..<Self.mostNumbersTaken {
            let aside = "\(path).\(state.nextNumber)"
            do throws(SystemError) {
                state.nextNumber += 1
                try storage.rename(path, to: aside)
                return aside
            } catch {
                guard error.errno == EEXIST else {
                    state.nextNumber -= 1
                    return nil
                }
            }
        }
        return nil
    }

    private static let mostNumbersTaken = 10_000

    private func prune() {
        let numbers = Self.rotated(storage.names(in: directory), of: name).sorted(by: >)
        let oldest = clock.wall - policy.maximumAge * 1_000_000_000
        for (index, number) in numbers.enumerated() {
            let file = "\(path).\(number)"
            let isOld = storage.modified(file).map { $0 < oldest } ?? false
            if index >= policy.keptFiles || isOld { try? storage.remove(file) }
        }
    }

    /// The numbers of the rotated files among `names`.
    private static func rotated(_ names: [String], of name: String) -> [Int] {
        let prefix = "\(name).log."
        return names.compactMap { candidate in
            candidate.hasPrefix(prefix) ? Int(candidate.dropFirst(prefix.count)) : nil
        }
    }
}
