import Dispatch
import TandemSync
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

    private let pair: SoakPair
    private let size: Size
    private let seed: UInt64
    private let say: @Sendable (String) -> Void
    private let ledger = Ledger()
    private let places: RandomUser.Places
    private let isOver = Monitor(false)
    private let deeds = Monitor<[Side: [RandomUser.Deed: Int]]>([:])

    package init(
        _ pair: SoakPair,
        size: Size,
        seed: UInt64,
        say: @escaping @Sendable (String) -> Void
    ) {
        self.pair = pair
        self.size = size
        self.seed = seed
        self.say = say
        places = RandomUser.Places(files: size.files)
    }

    /// Runs; gives what was found.
    package func run() throws -> SoakReport {
        var report = SoakReport(seed: seed)
        var git = try GitUser(root: pair.laptop, files: size.gitFiles, seed: seed)
        var laptop = user(.laptop)
        laptop.fill()
        pair.live.start()
        report.firstSync = try flush(&report, "the first sync")
        let readers = [pair.laptop, pair.vm].map { FileReader($0, places, ledger) }
        var threads = readers.enumerated().map { $1.start(seed: seed &+ UInt64($0)) }
        threads.append(work(laptop, .laptop))
        threads.append(work(user(.vm), .vm))
        try disturb(&git, &report)
        isOver.change { $0 = true }
        for reader in readers {
            let (observations, faults) = reader.stop()
            report.observations += observations
            report.torn += faults
        }
        for thread in threads { thread.join() }
        report.lastSync = try flush(&report, "the last sync")
        report.deeds = deeds.look { $0 }
        report.checkouts = git.checkouts
        report.gitDifferences = try git.differences()
        try judge(&report)
        return report
    }

    // MARK: Users

    private func user(_ side: Side) -> RandomUser {
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

    private func work(_ user: RandomUser, _ side: Side) -> WorkerThread {
        WorkerThread.start("user") { [self] in
            var user = user
            var pace = SeededGenerator(seed: seed &+ (side == .laptop ? 11 : 12))
            while !pause(microseconds: pace.below(size.pause)) { user.act() }
            deeds.change { $0[side] = user.done }
        }
    }

    /// Waits; true when the run is over.
    private func pause(microseconds: Int) -> Bool {
        isOver.wait(until: .now() + .microseconds(microseconds)) { $0 ? true : nil } ?? false
    }

    /// Until the time is up: changes branches, cuts the link, settles conflicts, accepts halts.
    private func disturb(_ git: inout GitUser, _ report: inout SoakReport) throws {
        var random = SeededGenerator(seed: seed &+ 99)
        let clock = Stopwatch()
        var told = 0
        var turn = 0
        while clock.seconds < Double(size.seconds) {
            _ = pause(microseconds: 200_000 + random.below(600_000))
            turn += 1
            if turn % 6 == 2 { try git.change() }
            // Seldom enough that a large tree is compared in between.
            if turn % max(12, size.files / 400) == 4 {
                pair.cut()
                report.cuts += 1
            }
            if random.chance(3) { settle(&random, &report) }
            goOnAfterHalt(&report)
            if Int(clock.seconds) / 60 > told {
                told = Int(clock.seconds) / 60
                let status = pair.live.status
                say(
                    "\(told) min: \(ledger.count) values, \(pair.batches) batches, "
                        + "\(status.conflicts.count) conflicts, \(status.headline)"
                )
            }
        }
    }

    private func settle(_ random: inout SeededGenerator, _ report: inout SoakReport) {
        let open = pair.live.status.conflicts.map(\.conflict)
        guard let conflict = open.randomElement(using: &random) else { return }
        let keeps: [Resolution.Keep] = [.laptop, .vm, .both]
        let resolution = Resolution(
            path: conflict.path,
            laptop: conflict.laptop,
            vm: conflict.vm,
            keep: keeps[random.below(3)]
        )
        do {
            try pair.live.resolve([resolution], until: .now() + .seconds(5))
            report.resolved += 1
        } catch {
            // A side changed since, or the link is cut: the next one is tried.
            report.unresolved += 1
        }
    }

    /// Says to a halt what a person would who deleted that much on purpose.
    private func goOnAfterHalt(_ report: inout SoakReport) {
        guard case .halted(let error) = pair.live.status.phase else { return }
        report.halts.append(error.message)
        pair.live.accept(deletions: .max)
    }

    // MARK: The end

    /// Waits until both sides are the same; gives the seconds it took.
    private func flush(_ report: inout SoakReport, _ what: String) throws -> Double {
        let clock = Stopwatch()
        for _ in 0..<20 {
            switch pair.live.flush(until: .now() + .seconds(300)) {
            case .inSync: return clock.seconds
            case .attention(let lines):
                report.attention = lines
                return clock.seconds
            case .timedOut:
                let status = pair.live.status
                throw CommandFailure("\(what) took too long: \(status.phase), \(status.headline)")
            case .broken:
                goOnAfterHalt(&report)
                _ = pause(microseconds: 500_000)
            }
        }
        throw CommandFailure("\(what) was never had: \(pair.live.status.phase)")
    }

    private func judge(_ report: inout SoakReport) throws {
        let status = pair.live.status
        report.conflicts = status.conflicts.count
        report.problems = status.problems.map { "\($0.path): \($0.reason)" }
        report.batches = pair.batches
        report.events = pair.events
        guard pair.live.stop(until: .now() + .seconds(60)) else {
            throw CommandFailure("it did not stop within a minute")
        }
        let listed = status.conflicts.map { "\($0.conflict.path)" }
        report.differences = try pair.differences().filter { line in
            let path = line.dropFirst(12)
            return !listed.contains { path.hasPrefix($0) || $0.hasPrefix(path) }
        }
        let readable = try Readable(pair)
        report.values = ledger.count
        for (digest, value) in ledger.standing {
            report.standing += 1
            if readable.inRoots.contains(digest) {
                report.inRoots += 1
            } else if readable.onShelves.contains(digest) {
                report.onShelves += 1
            } else {
                let place = readable.elsewhere.contains(digest) ? "unlisted in .tandem" : "nowhere"
                report.lost.append("\(value.path), written on the \(value.side), is \(place)")
            }
        }
    }
}
