import TandemFiles
import TandemProtocol
import TandemSystem
import TandemTestSupport
import TandemTree

/// A mistake put in on purpose, to see that a simulated pair shows it.
package enum PairBug: String, CaseIterable, Sendable {
    /// The vm applies a change whatever stands there by now.
    case skipsRecheck
    /// The laptop saves the archive before anything is applied.
    case savesArchiveFirst
    /// Sides whose lineages contradict each other go on.
    case trustsEmptyRoot
    /// Every conflict is settled in favour of the laptop.
    case lastWriterWins
    /// Flushing does nothing.
    case ignoresFlushes
    /// What a power cut left on the laptop is taken for later than what was sent.
    case forgetsPowerCuts
}

/// Both ends of a pair on simulated disks, a network between them, and a user on each side.
///
/// One thread, virtual time, one generator: the same seed gives the same run, call for call.
package struct SimulatedPair {
    /// A promise that was broken.
    package struct Violation: Error, CustomStringConvertible {
        package var promise: String
        package var what: String
        package var description: String { "\(promise): \(what)" }
    }

    var generator: SeededGenerator
    let time = SimulatedTime()
    var laptop: SimulatedLaptop
    var vm: SimulatedVM
    /// What is on its way; a cut link loses it.
    var toVM: [ToVM] = []
    var toLaptop: [ToLaptop] = []
    var isStalled = false
    /// Values no user has overwritten or removed, having seen them.
    var live: Set<Digest> = []
    var contents: [Digest: [UInt8]] = [:]
    var lastValue: UInt64 = 0
    var volumes: [DiskImage] = []
    /// Whether faults are seldom in this run, so that it comes further.
    let isGentle: Bool
    let bug: PairBug?
    let seed: UInt64
    /// Whether the trace tells of each value when it is on neither side any more.
    package var followsValues = false
    var missing: Set<Digest> = []
    package private(set) var trace: [String] = []
    package private(set) var steps = 0
    package private(set) var counts: [String: Int] = [:]

    package init(seed: UInt64, bug: PairBug? = nil) throws {
        self.seed = seed
        self.bug = bug
        generator = SeededGenerator(seed: seed)
        isGentle = generator.chance(2)
        var settings = SimulatedFileSystem.Settings()
        settings.ignoresFlushes = bug == .ignoresFlushes
        laptop = SimulatedLaptop(
            try SimulatedSide(time: time, settings: settings),
            seed: seed ^ 0x5EED,
            bug: bug
        )
        vm = SimulatedVM(try SimulatedSide(time: time, settings: settings), bug: bug)
        try adopt()
    }

    /// Starts an empty lineage on both sides: both trees are united, nothing is removed.
    mutating func adopt() throws {
        laptop.die()
        vm.endSession()
        let token = try laptop.startLineage()
        try vm.startLineage(token)
        vm.endSession()
    }

    // MARK: A run

    /// Lets so many things happen, then lets everything come to rest and looks at it.
    package mutating func run(steps count: Int) throws {
        for _ in 0..<count { try survive { try $0.happen() } }
        try comeToRest()
        if generator.chance(2) {
            for _ in 0..<(count / 2) { try survive { try $0.happen() } }
            try comeToRest()
        }
    }

    func side(_ side: Side) -> SimulatedSide { side == .laptop ? laptop.side : vm.side }

    mutating func note(_ line: String) {
        steps += 1
        trace.append("\(steps) \(time.monotonic) \(line)")
        counts[String(line.prefix { $0 != ":" }), default: 0] += 1
    }

    /// One thing that happens, of all that could.
    private mutating func happen() throws {
        time.advance(by: UInt64(1 + generator.below(50)) * 1_000_000)
        var roll = generator.below(100)
        if roll >= 82 && roll < 98 && isGentle && !generator.chance(6) {
            roll = laptop.isConnected ? 40 : 90
        }
        switch roll {
        case 0..<18: try edit()
        case 18..<72: try deliver()
        case 72..<82: try watchersSpeak()
        case 82..<85:
            isStalled.toggle()
            note("link: \(isStalled ? "stalls" : "goes on")")
        case 85..<88: cut("the network")
        case 88..<93: try reconnect()
        case 93..<95: try aim()
        case 95: try end(.laptop)
        case 96: try end(.vm)
        case 97: if generator.chance(4) { try exchangeVolume() }
        default: try retry()
        }
    }

    mutating func retry() throws {
        time.advance(by: 3_000_000_000)
        if bug == .lastWriterWins { try laptop.answerConflicts() }
        try laptop.retry()
        flushOutbox()
        note("time: 3 s pass")
    }

    // MARK: The link

    mutating func flushOutbox() {
        toVM += laptop.outbox
        laptop.outbox = []
    }

    mutating func reconnect() throws {
        guard !laptop.isConnected, toVM.isEmpty else { return }
        vm.endSession()
        toLaptop = []
        try laptop.connect()
        flushOutbox()
        note("link: up")
    }

    mutating func cut(_ why: String) {
        (toVM, toLaptop) = ([], [])
        laptop.disconnect()
        vm.endSession()
        note("link: cut by \(why)")
    }

    /// Takes one message off the link.
    mutating func deliver() throws {
        guard !isStalled else { return }
        let goesDown = toVM.isEmpty || (!toLaptop.isEmpty && generator.chance(2))
        if goesDown {
            guard !toLaptop.isEmpty else { return }
            let message = toLaptop.removeFirst()
            note("down: \(message.name)")
            if case .welcome(let lineage) = message {
                if try laptop.welcomed(lineage) {
                    note("lineage: contradiction, adopted")
                    cut("the lineage")
                    try adopt()
                }
            } else {
                try laptop.handle(message)
            }
            if case .failure = message { cut("a refusal") }
            flushOutbox()
        } else {
            let message = toVM.removeFirst()
            note("up: \(message.name)")
            toLaptop += try vm.handle(message)
        }
    }

    mutating func watchersSpeak() throws {
        if laptop.side.hasOverflow || vm.side.hasOverflow {
            // What the kernel dropped it says it dropped.
            if laptop.side.hasOverflow { laptop.side.hasNotice = true }
            if vm.side.hasOverflow { vm.side.hasNotice = true }
            (laptop.side.hasOverflow, vm.side.hasOverflow) = (false, false)
            note("watch: overflow")
        }
        try laptop.look()
        flushOutbox()
        toLaptop += try vm.look()
    }
}

extension ToVM {
    /// One word for the trace.
    var name: String {
        switch self {
        case .hello: "hello"
        case .compare: "compare"
        case .list(let paths): "list \(paths.count)"
        case .begin(let point, let changes, _): "begin \(point.generation) with \(changes)"
        case .changes(let changes): "changes \(changes.map(\.path))"
        case .content(let id, let bytes): "content \(id) of \(bytes.count)"
        case .end: "end"
        case .appliedQuery: "applied?"
        case .commit(let point): "commit \(point.generation)"
        case .fetch(let changes): "fetch \(changes.map(\.path))"
        }
    }
}

extension ToLaptop {
    /// One word for the trace.
    var name: String {
        switch self {
        case .welcome: "welcome"
        case .rootTree(let digest, let entries): "tree \(digest) of \(entries)"
        case .listing(let path, _): "listing \(path)"
        case .missing(let path): "missing \(path)"
        case .need(let ids, _): "need \(ids)"
        case .refused(let items): "refused \(items.map(\.id))"
        case .ended(let root): "ended \(root)"
        case .applied(let records): "applied \(records.map(\.path))"
        case .committed: "committed"
        case .observed(let found, _): "observed \(found.map(\.path))"
        case .contents(let contents): "contents \(contents.map { $0?.count ?? -1 })"
        case .failure(let text): "failure \(text)"
        }
    }
}
