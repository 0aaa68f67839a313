import TandemTestSupport
import TandemTree

/// Two sides, an archive and a user on each side, as little of them as the planner's promises need.
///
/// Each write of a user has content no other write has, so a value that is gone is noticed. A cycle
/// looks at both sides, plans, applies in shuffled order and saves the archive; users edit between
/// any two of these steps, and a crash may come at each. One seed gives one run.
package struct PlannerModel {
    /// A mistake put in on purpose, to see that the checks find it.
    package enum Bug: String, CaseIterable, Sendable {
        /// A change is applied whatever stands there by now.
        case skipsRecheck
        /// The archive is saved before the changes are applied.
        case savesArchiveFirst
        /// A volume that came back empty or older is taken for the one that was there.
        case trustsEmptyRoot
        /// A conflict is settled in favour of one side.
        case lastWriterWins
        /// Where one side removed what the other changed, the removal wins.
        case deleteBeatsEdit
        /// Of a change for both sides the archive takes the half that was done.
        case archivesHalf
    }

    /// A promise that was broken.
    package struct Violation: Error, CustomStringConvertible {
        package var promise: String
        package var what: String
        package var description: String { "\(promise): \(what)" }
    }

    var generator: SeededGenerator
    let bug: Bug?
    let modes: ModeMap
    let isTwoWay: Bool

    var archive = Tree()
    var laptop = Tree()
    var vm = Tree()
    /// Values no user has overwritten or removed, having seen them.
    var live: Set<Digest> = []
    /// What mirror displaced.
    var shelf: Set<Digest> = []
    /// Tells the vm's volume from an older copy of itself.
    var archiveToken: UInt64? = 0
    var vmToken: UInt64? = 0
    var lastToken: UInt64 = 0
    var copies: [(tree: Tree, token: UInt64?)] = []
    var lastValue: UInt64 = 0
    package private(set) var steps = 0

    package init(seed: UInt64, bug: Bug? = nil) {
        var generator = SeededGenerator(seed: seed)
        self.bug = bug
        modes = Self.modes(using: &generator)
        isTwoWay = modes.isUniform && modes.mode(of: .root) == .twoWay
        self.generator = generator
    }

    /// Two-way as a whole in most runs, else a mode here and another there.
    private static func modes(using generator: inout SeededGenerator) -> ModeMap {
        guard generator.chance(3) else { return ModeMap(.twoWay) }
        let all = SyncMode.allCases
        var modes = ModeMap(all[generator.below(all.count)])
        for _ in 0..<generator.below(3) {
            var path = RelativePath.root
            for _ in 0...generator.below(2) { path = path.appending(name(using: &generator)) }
            modes.set(all[generator.below(all.count)], at: path)
        }
        return modes
    }

    /// Takes so many steps, in which everything may happen, then lets the sides come to rest.
    /// - Parameter count: how many steps, about.
    /// - Throws: `Violation`.
    package mutating func run(steps count: Int) throws {
        while steps < count {
            for _ in 0...generator.below(6) { edit() }
            if isTwoWay && generator.chance(12) { haveAccident() }
            try cycle(isCalm: false)
            if generator.chance(4) { try comeToRest() }
        }
        try comeToRest()
    }

    mutating func step() { steps += 1 }

    subscript(side: Side) -> Tree {
        get { side == .laptop ? laptop : vm }
        set { if side == .laptop { laptop = newValue } else { vm = newValue } }
    }

    static func name(using generator: inout SeededGenerator) -> [UInt8] {
        [[UInt8(ascii: "a"), UInt8(ascii: "b"), UInt8(ascii: "c"), 0xFF][generator.below(4)]]
    }
}

// MARK: - Users and accidents

extension PlannerModel {
    /// One act of a user on either side.
    mutating func edit() {
        step()
        let side: Side = generator.chance(2) ? .laptop : .vm
        var tree = self[side]
        let path = existingDirectory(in: tree).appending(Self.name(using: &generator))
        switch generator.below(9) {
        case 0, 1, 2: overwrite(path, with: freshFile(), in: &tree)
        case 3: if tree.find(path) == nil { overwrite(path, with: .directory, in: &tree) }
        case 4: overwrite(path, with: .link(to: [UInt8(ascii: "t")]), in: &tree)
        case 5:
            supersede(path, in: tree)
            tree.remove(path)
        case 6:
            let target = existingDirectory(in: tree).appending(Self.name(using: &generator))
            try? tree.move(from: path, to: target)
        default: toggle(path, in: &tree)
        }
        tree.rehash()
        self[side] = tree
    }

    private mutating func toggle(_ path: RelativePath, in tree: inout Tree) {
        guard var state = tree.state(at: path), state.kind == .file else { return }
        state.executable.toggle()
        _ = try? tree.put(path, state)
    }

    private mutating func overwrite(
        _ path: RelativePath,
        with state: EntryState,
        in tree: inout Tree
    ) {
        supersede(path, in: tree)
        tree.remove(path)
        _ = try? tree.put(path, state)
    }

    private mutating func freshFile() -> EntryState {
        lastValue += 1
        var bytes = [UInt8](repeating: 0, count: Digest.byteCount)
        for index in 0..<8 { bytes[index] = UInt8(truncatingIfNeeded: lastValue >> (8 * index)) }
        // Spread over the last word as well, which tables of digests look at.
        bytes[31] = bytes[0]
        let digest = Digest(bytes: bytes) ?? .zero
        live.insert(digest)
        return .file(digest, size: 1, executable: generator.chance(4))
    }

    private mutating func supersede(_ path: RelativePath, in tree: Tree) {
        for digest in tree.fileDigests(at: path) { live.remove(digest) }
    }

    private mutating func existingDirectory(in tree: Tree) -> RelativePath {
        var current = Tree.rootID
        for _ in 0..<generator.below(3) {
            let inner = tree.childIDs(of: current).filter { tree.kind(of: $0) == .directory }
            guard !inner.isEmpty else { break }
            current = inner[inner.startIndex + generator.below(inner.count)]
        }
        return tree.path(of: current)
    }

    /// The vm's volume is copied, or comes back empty or as an earlier copy.
    private mutating func haveAccident() {
        step()
        switch generator.below(4) {
        case 0: (vm, vmToken) = (Tree(), nil)
        case 1 where !copies.isEmpty: (vm, vmToken) = copies[generator.below(copies.count)]
        default:
            copies.append((vm, vmToken))
            if copies.count > 3 { copies.removeFirst() }
            return
        }
        // What stood on that volume alone was destroyed by the accident, not by a sync.
        let left = Set(laptop.fileDigests(at: .root) + vm.fileDigests(at: .root))
        live.formIntersection(left.union(shelf))
    }
}

extension Tree {
    /// The digests of the file at a path, or of all files below it.
    func fileDigests(
        at path: RelativePath,
        where isWanted: (Tree.ID) -> Bool = { _ in true }
    ) -> [Digest] {
        guard let id = find(path) else { return [] }
        var found: [Digest] = []
        var pending = [id]
        while let current = pending.popLast() {
            if kind(of: current) == .file && isWanted(current) {
                found.append(digest(of: current))
            }
            pending.append(contentsOf: childIDs(of: current))
        }
        return found
    }
}
