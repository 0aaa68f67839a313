import Foundation
import Glibc
import Synchronization
import TandemSystem
import TandemTestSupport

/// The programs of another build against this one's, behind `make proof-versions`.
///
/// A laptop and a vm are never updated in the same moment. Each step joins sides of different builds
/// by a real sshd, pushes, and edits on both sides while they are kept in sync.
package enum VersionsProof {
    /// How long an edit may take to the other side: the machine may be busy.
    private static let seconds = 60

    /// Runs with `BIN_OLD=`, the directory of the other build's `tandem`, `tandem-agent` and
    /// `tandem-receiver`.
    ///
    /// Ends 0 when all was right, 1 when anything was wrong.
    package static func main() -> Never {
        guard let old = directory else {
            say("versions: BIN_OLD= must name a directory with tandem, tandem-agent and receiver")
            exit(1)
        }
        do {
            try run(old)
            say("versions: all steps passed")
        } catch {
            say("versions: FAILED: \(error)")
            exit(1)
        }
        exit(0)
    }

    /// Prints a line at once, through a pipe, too.
    private static func say(_ line: String) {
        print(line)
        fflush(nil)
    }

    private static let names = ["tandem", "tandem-agent", "tandem-receiver"]

    /// The directory of the other build; nil where it lacks a program.
    private static var directory: String? {
        let word = CommandLine.arguments.first { $0.hasPrefix("BIN_OLD=") }
        guard let directory = word.map({ String($0.dropFirst("BIN_OLD=".count)) }) else {
            return nil
        }
        let isWhole = names.allSatisfy {
            FileManager.default.isExecutableFile(atPath: "\(directory)/\($0)")
        }
        return isWhole ? directory : nil
    }

    private static func run(_ old: String) throws {
        for name in names {
            let (was, isNow) = ("\(old)/\(name)", try BuiltProgram.path(name))
            say("\(name): old \(try digest(was)), new \(try digest(isNow))")
        }
        try step("laptop old, vm new", Builds(old, laptopIsOld: true, vmIsOld: false))
        try step("laptop new, vm old", Builds(old, laptopIsOld: false, vmIsOld: true))
        let builds = Builds(old, laptopIsOld: true, vmIsOld: true)
        try step("both old", builds) { pair in
            builds.update(.vm)
            try again("the same pair, vm updated", pair)
            builds.update(.laptop)
            try again("the same pair, laptop updated, too", pair, isNew: true)
        }
    }

    private static func digest(_ path: String) throws -> String {
        let said = String(decoding: try Command.run("sha256sum", [path]), as: UTF8.self)
        return String(said.prefix(12))
    }

    // MARK: Steps

    private static func step(
        _ title: String,
        _ builds: Builds,
        then more: (ProgramPair) throws -> Void = { _ in }
    ) throws {
        let pair = try ProgramPair { try builds.path($0) }
        defer { pair.end() }
        do {
            try check(title, pair)
            try more(pair)
        } catch {
            throw CommandFailure("\(title): \(error); \(pair.events.suffix(5))")
        }
    }

    /// Starts a pair that was stopped with other programs.
    private static func again(
        _ title: String,
        _ pair: ProgramPair,
        isNew: Bool = false
    ) throws {
        try pair.startReceiver()
        do {
            try check(title, pair, isNew: isNew)
        } catch {
            throw CommandFailure("\(title): \(error)")
        }
    }

    /// A push, a live edit each way, a conflict and a flush; the pair is stopped afterwards.
    ///
    /// `isNew` says that both sides are of this build, so that nothing may be missing.
    private static func check(
        _ title: String,
        _ pair: ProgramPair,
        isNew: Bool = false
    ) throws {
        let text = "\(title), pushed"
        try write(text, "\(pair.laptop)/pushed")
        try pair.push()
        guard read("\(pair.vm)/pushed") == text else { throw CommandFailure("nothing was pushed") }
        try pair.start()
        let (up, down) = ("\(title), up", "\(title), down")
        try write(up, "\(pair.laptop)/d/up")
        let upward = try wait("an edit on the laptop") { read("\(pair.vm)/d/up") == up }
        try write(down, "\(pair.vm)/d/down")
        let downward = try wait("an edit on the vm") { read("\(pair.laptop)/d/down") == down }
        guard try pair.flush(seconds: seconds) == .inSync else { throw CommandFailure("no flush") }
        let conflict = try conflict(title, pair, isNew: isNew)
        try pair.stop()
        say("\(title): pushed; up \(upward) ms, down \(downward) ms; in sync; \(conflict)")
    }

    /// Has both sides edit one file while nothing syncs; gives what `tandem conflicts` says of it.
    private static func conflict(
        _ title: String,
        _ pair: ProgramPair,
        isNew: Bool
    ) throws -> String {
        try pair.pause()
        try write("\(title), laptop's", "\(pair.laptop)/both")
        try write("\(title), the vm's own", "\(pair.vm)/both")
        try pair.resume()
        _ = try wait("a conflict") { try pair.standing().conflicts == ["both"] }
        // The vm's answer comes after the plan that found the conflict; an old side gives none.
        let patience = isNew ? seconds : 5
        let isTold =
            (try? wait("its time", seconds: patience) { try pair.vmTimes() == [true] }) != nil
        guard isTold || !isNew else { throw CommandFailure("the vm's time is not told") }
        guard try pair.settle(choice: 0, keep: .vm) == true else {
            throw CommandFailure("the conflict was not settled")
        }
        _ = try wait("the settlement") {
            read("\(pair.laptop)/both") == read("\(pair.vm)/both")
        }
        return "a conflict settled, the vm's time \(isTold ? "told" : "not told")"
    }

    /// Waits until something is so.
    ///
    /// - Returns: the milliseconds it took.
    private static func wait(
        _ what: String,
        seconds: Int = seconds,
        _ condition: () throws -> Bool
    ) throws -> Int {
        let clock = ContinuousClock()
        let start = clock.now
        while try !condition() {
            guard clock.now < start + .seconds(seconds) else {
                throw CommandFailure("\(what) did not arrive within \(seconds) s")
            }
            usleep(5_000)
        }
        return Int((clock.now - start) / .milliseconds(1))
    }

    private static func write(_ text: String, _ path: String) throws {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    }

    private static func read(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// Which build each side's programs are of.
private final class Builds: Sendable {
    enum Side {
        case laptop
        case vm
    }

    private struct State {
        var laptopIsOld: Bool
        var vmIsOld: Bool
    }

    private let old: String
    private let state: Mutex<State>

    init(_ old: String, laptopIsOld: Bool, vmIsOld: Bool) {
        self.old = old
        state = Mutex(State(laptopIsOld: laptopIsOld, vmIsOld: vmIsOld))
    }

    /// Has a side start this build's programs from now on.
    func update(_ side: Side) {
        state.withLock { state in
            switch side {
            case .laptop: state.laptopIsOld = false
            case .vm: state.vmIsOld = false
            }
        }
    }

    /// Where the program of that name is.
    func path(_ name: String) throws -> String {
        let isOld = state.withLock { name == "tandem-receiver" ? $0.vmIsOld : $0.laptopIsOld }
        return isOld ? "\(old)/\(name)" : try BuiltProgram.path(name)
    }
}
