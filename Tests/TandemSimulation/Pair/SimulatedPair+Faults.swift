import TandemFiles
import TandemSync
import TandemSystem
import TandemTestSupport
import TandemTree

/// Deaths, power cuts, exchanged volumes, and the checks after them.
extension SimulatedPair {
    /// Lets something happen; a death in the middle of it ends that side's process.
    mutating func survive(_ body: (inout SimulatedPair) throws -> Void) throws {
        do {
            try body(&self)
        } catch let violation as Violation {
            throw violation
        } catch is SyncError {
            // The session ends where the vm changed while it listed; a new one begins.
            cut("the session")
        } catch {
            let dead = Side.allCases.filter { side($0).fileSystem.isDead }
            guard !dead.isEmpty else {
                throw Violation(promise: "no failure without a fault", what: "\(error)")
            }
        }
        for dead in Side.allCases where side(dead).fileSystem.isDead { try end(dead) }
        if followsValues { try followValues() }
    }

    /// Notes which live values came to be on neither side, and which came back.
    private mutating func followValues() throws {
        let now = live.subtracting(try standingValues())
        for digest in now.symmetricDifference(missing).sorted() {
            let text = contents[digest].map { String(decoding: $0.prefix(12), as: UTF8.self) }
            note("value: \(text ?? "?") is \(now.contains(digest) ? "on neither side" : "back")")
        }
        missing = now
    }

    /// Chooses a call to die at, soon, on one of the sides.
    mutating func aim() throws {
        let target: Side = generator.chance(2) ? .laptop : .vm
        let fileSystem = side(target).fileSystem
        fileSystem.die(atMutatingCall: fileSystem.mutatingCalls + generator.below(40))
        note("fault: \(target.rawValue) will die")
    }

    /// Ends a side's process, with or without its machine's power.
    mutating func end(_ ended: Side) throws {
        let isQuiet = laptop.rest != nil && toVM.isEmpty && toLaptop.isEmpty && !vm.isBusy
        let fileSystem = side(ended).fileSystem
        let isCut = generator.chance(2)
        cut("the end of the \(ended.rawValue)")
        if ended == .laptop { laptop.die() }
        if isCut {
            let before = try standing(on: ended)
            fileSystem.cutPower(using: &generator)
            if ended == .laptop { laptop.boots() }
            try checkDurable(ended, before, isQuiet)
            // What a power cut took from users who had not flushed it is nobody's fault.
            live.formIntersection(try standingValues())
        } else {
            fileSystem.restart()
        }
        if ended == .laptop { laptop.side.root = nil } else { vm.side.root = nil }
        note("end: \(ended.rawValue)\(isCut ? " by a power cut" : "")")
    }

    /// The vm comes back with an empty volume, or with an older copy of its own.
    mutating func exchangeVolume() throws {
        if volumes.count < 2 || generator.chance(3) {
            volumes.append(vm.side.fileSystem.image)
            if volumes.count > 3 { volumes.removeFirst() }
            return note("volume: copied")
        }
        cut("another volume")
        var image = volumes[generator.below(volumes.count)]
        if generator.chance(2) {
            image = try SimulatedSide(time: time, settings: .init()).fileSystem.image
        }
        vm.side.fileSystem.image = image
        vm.side.root = nil
        vm.side.touched = []
        live.formIntersection(try standingValues())
        note("volume: exchanged")
    }

    // MARK: Looking

    /// A side's tree as anybody would find it.
    func standing(on where_: Side) throws -> Tree {
        // On a machine of its own, so that neither calls nor descriptors are counted.
        let machine = SimulatedFileSystem(side(where_).fileSystem.image)
        let root = try SyncRoot.open(SimulatedSide.rootPath, on: machine)
        return try DiskTree.scan(root, on: machine, time: machine.time)
    }

    private func standingValues() throws -> Set<Digest> {
        let trees = try Side.allCases.map { try standing(on: $0) }
        return Set(trees.flatMap { $0.fileDigests(at: .root) })
    }

    /// What both sides had agreed on, and no user touched since, outlives a power cut.
    private func checkDurable(_ cut: Side, _ before: Tree, _ isQuiet: Bool) throws {
        guard isQuiet else { return }
        let after = try standing(on: cut)
        for (path, state) in laptop.archived.listing where state.kind == .file {
            let touched = side(cut).touched
            let isTouched = touched.contains { path == $0 || path.isDescendant(of: $0) }
            guard !isTouched, before.state(at: path) == state else { continue }
            guard after.state(at: path) == state else {
                throw Violation(
                    promise: "acknowledged is durable",
                    what: "\(path) on the \(cut.rawValue)"
                )
            }
        }
    }

    /// Nothing is torn: every file holds what some user wrote.
    func checkWhole(_ tree: Tree) throws {
        for digest in tree.fileDigests(at: .root) where contents[digest] == nil {
            throw Violation(promise: "no tearing", what: "\(digest) was never written")
        }
    }

    // MARK: Coming to rest

    /// When users and faults stop, both sides become the same but for conflicts, and stay so.
    mutating func comeToRest() throws {
        isStalled = false
        for faulty in Side.allCases where side(faulty).fileSystem.isDead { try end(faulty) }
        for other in Side.allCases { side(other).fileSystem.die(atMutatingCall: .max) }
        var quiet = 0
        for _ in 0..<4_000 where quiet < 3 {
            try survive { try $0.calmStep() }
            let isQuiet = laptop.rest != nil && toVM.isEmpty && toLaptop.isEmpty
            quiet = isQuiet ? quiet + 1 : 0
        }
        let (l, v) = (try standing(on: .laptop), try standing(on: .vm))
        // Bytes that a power cut tore before they were flushed are a user's value like any other.
        let open = laptop.conflicts.map(\.path)
        let apart = differences(from: l, to: v).filter { difference in
            !open.contains { $0 == difference.path || difference.path.isDescendant(of: $0) }
        }
        guard quiet >= 3, apart.isEmpty else {
            throw Violation(
                promise: "convergence",
                what: "rest \(String(describing: laptop.rest)), apart \(apart.map(\.path))"
            )
        }
        for digest in live where !l.holds(digest) && !v.holds(digest) {
            let text = contents[digest].map { String(decoding: $0.prefix(12), as: UTF8.self) }
            throw Violation(promise: "no loss", what: "\(text ?? "a value") is nowhere")
        }
        note("rest: \(l.rootDigest) \(v.rootDigest), \(open.count) conflicts")
    }

    private mutating func calmStep() throws {
        try watchersSpeak()
        if !laptop.isConnected && toVM.isEmpty && toLaptop.isEmpty { try reconnect() }
        if toVM.isEmpty && toLaptop.isEmpty { try retry() }
        try deliver()
    }
}
