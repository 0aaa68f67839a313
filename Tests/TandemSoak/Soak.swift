import Dispatch
import TandemSystem
import TandemTestSupport
import TandemTree

/// Two random users, git and a bad link against a pair that is kept in sync.
///
/// When they stop and a flush has answered: both sides are the same outside listed conflicts, and
/// every value that was not overwritten by somebody who saw it is readable somewhere.
package final class Soak: Sendable {
    package struct Size: Sendable {
        package var seconds: Int
        package var files: Int
        package var gitFiles: Int
        package var burstFiles: Int
        /// The longest pause of a user between two deeds, in microseconds.
        package var pause: Int
        /// How many of the files are copied from the machine, if it has so many.
        package var copied = 0
        /// The milliseconds between two flushes amid the work.
        package var flushPause = 1_000
        /// How often it is said how things are, in seconds.
        package var sayEach = 30

        /// What a test of the usual run does.
        package static let short = Size(
            seconds: 10,
            files: 480,
            gitFiles: 200,
            burstFiles: 200,
            pause: 12_000
        )

        package init(seconds: Int, files: Int, gitFiles: Int, burstFiles: Int, pause: Int) {
            self.seconds = seconds
            self.files = files
            self.gitFiles = gitFiles
            self.burstFiles = burstFiles
            self.pause = pause
        }
    }

    let pair: any SoakPair
    let size: Size
    let seed: UInt64
    let say: @Sendable (String) -> Void
    let ledger = Ledger()
    let isOver = Monitor(false)
    private let deeds = Monitor<[Side: [RandomUser.Deed: Int]]>([:])

    package init(
        _ pair: any SoakPair,
        size: Size,
        seed: UInt64,
        say: @escaping @Sendable (String) -> Void
    ) {
        self.pair = pair
        self.size = size
        self.seed = seed
        self.say = say
    }

    /// Runs; gives what was found.
    ///
    /// - Throws: what kept it from finding out.
    package func run() throws -> SoakReport {
        var report = SoakReport(seed: seed)
        var git = try GitUser(root: pair.laptop, files: size.gitFiles, seed: seed)
        let places = try fill()
        try pair.start()
        report.firstSync = try flush(&report, "the first sync")
        let start = try pair.differences()
        guard start.isEmpty else { throw CommandFailure("the first sync left: \(start.prefix(5))") }
        say("first sync after \(report.firstSync) s; both sides are the same")
        try work(places, &git, &report)
        say("the writers have stopped; the last flush")
        report.lastSync = try flush(&report, "the last sync")
        report.deeds = deeds.look { $0 }
        report.checkouts = git.checkouts
        report.gitDifferences = try git.differences()
        try judge(&report)
        return report
    }

    // MARK: The beginning

    /// Makes the tree on the laptop; gives where users work in it.
    private func fill() throws -> Places {
        var base = BaseTree(root: pair.laptop, ledger: ledger)
        base.copy(files: size.copied)
        let made = Places.made(files: max(96, size.files - base.files))
        var maker = user(.laptop, made)
        maker.fill(made)
        say(
            "\(base.files) files copied from the machine, \(base.bytes >> 20) MiB; "
                + "\(made.folders.reduce(0) { $0 + $1.names.count }) made from the seed"
        )
        var places = made.adding(base.folders)
        var random = SeededGenerator(seed: seed &+ 5)
        places.shuffle(&random)
        return places
    }

    private func user(_ side: Side, _ places: Places) -> RandomUser {
        RandomUser(
            UserFiles(
                root: side == .laptop ? pair.laptop : pair.vm,
                trash: pair.trash,
                side: side,
                ledger: ledger,
                seed: seed &* 31 &+ (side == .laptop ? 1 : 2)
            ),
            places,
            burstFiles: size.burstFiles
        )
    }

    // MARK: The work

    private func work(
        _ places: Places,
        _ git: inout GitUser,
        _ report: inout SoakReport
    ) throws {
        let readers = [pair.laptop, pair.vm].map { FileReader($0, places, ledger) }
        let barrier = Barrier(pair, pause: size.flushPause)
        var threads = readers.enumerated().map { $1.start(seed: seed &+ UInt64($0)) }
        threads.append(barrier.start())
        for side in Side.allCases { threads.append(work(user(side, places), side)) }
        defer {
            for thread in threads { thread.join() }
            report.barrier = barrier.report
        }
        defer {
            isOver.change { $0 = true }
            barrier.stop()
            for reader in readers {
                let (observations, faults) = reader.stop()
                report.observations += observations
                report.torn += faults
            }
        }
        try disturb(&git, &report, barrier)
    }

    private func work(_ user: RandomUser, _ side: Side) -> WorkerThread {
        WorkerThread.start("user") { [self] in
            var user = user
            var pace = SeededGenerator(seed: seed &+ (side == .laptop ? 11 : 12))
            while !pause(microseconds: pace.below(size.pause)) {
                user.act()
                deeds.change { $0[side] = user.done }
            }
        }
    }

    /// Waits; true when the run is over.
    func pause(microseconds: Int) -> Bool {
        isOver.wait(until: .now() + .microseconds(microseconds)) { $0 ? true : nil } ?? false
    }

    var deedCount: Int {
        deeds.look { $0.values.reduce(0) { $0 + $1.values.reduce(0, +) } }
    }

    // MARK: The end

    /// Waits until both sides are the same; gives the seconds it took.
    private func flush(_ report: inout SoakReport, _ what: String) throws -> Double {
        let clock = Stopwatch()
        for _ in 0..<20 {
            switch try pair.flush(seconds: 600) {
            case .inSync: return clock.seconds
            case .durable: continue
            case .attention(let lines):
                report.attention = lines
                return clock.seconds
            case .timedOut:
                throw CommandFailure("\(what) took too long: \(try pair.standing().headline)")
            case .broken:
                try goOnAfterHalt(&report)
                _ = pause(microseconds: 500_000)
            }
        }
        throw CommandFailure("\(what) was never had: \(try pair.standing().headline)")
    }

    private func judge(_ report: inout SoakReport) throws {
        let clock = Stopwatch()
        let standing = try pair.standing()
        report.conflicts = standing.conflicts.count
        report.problems = standing.problems
        report.generation = standing.generation
        report.events = pair.events
        try pair.stop()
        let listed = standing.conflicts
        report.differences = try pair.differences().filter { line in
            let path = line.dropFirst(12)
            return !listed.contains { path.hasPrefix($0) || $0.hasPrefix(path) }
        }
        say("rsync has compared both sides: \(report.differences.count) differ; \(clock.seconds) s")
        let owed = ledger.standing
        let readable = try Readable(pair, owed: owed)
        report.values = ledger.count
        report.standing = owed.count
        report.inRoots = readable.inRoots.count
        report.onShelves = readable.onShelves.count
        for (digest, value) in owed {
            if readable.inRoots.contains(digest) || readable.onShelves.contains(digest) { continue }
            let place = readable.elsewhere.contains(digest) ? "unlisted in .tandem" : "nowhere"
            let writer = value.side.map { "\($0)" } ?? "first"
            report.lost.append("\(value.path), written on the \(writer), is \(place)")
        }
        say("every value was looked for; \(clock.seconds) s")
    }
}
