/// A disk in memory: what programs see now, and what is durable of it.
///
/// A file is durable as of its last flush. Names are changed by steps; a step waits until a flush of
/// one of its directories, and takes along the earlier steps of the same names. What waits at a
/// power cut may last or not, step by step (see `cutPower`).
package struct DiskImage: Sendable {
    /// A file, directory, link or special entry.
    struct Node: Sendable {
        /// Type and permission bits, as `st_mode` has them.
        var mode: UInt16
        /// A file's bytes, or a link's target.
        var content: [UInt8] = []
        /// What of the content is durable; nil before the first flush.
        var durableContent: [UInt8]?
        var entries: [[UInt8]: UInt64] = [:]
        var durableEntries: [[UInt8]: UInt64] = [:]
        var modified: Int64
        var changed: Int64
        var birth: Int64

        var isDirectory: Bool { mode & Self.typeMask == Self.directoryType }
        var isFile: Bool { mode & Self.typeMask == Self.fileType }
        var isLink: Bool { mode & Self.typeMask == Self.linkType }

        static let typeMask: UInt16 = 0o170000
        static let directoryType: UInt16 = 0o040000
        static let fileType: UInt16 = 0o100000
        static let linkType: UInt16 = 0o120000
    }

    /// One name that a step sets or takes away.
    struct Effect: Sendable {
        var directory: UInt64
        var name: [UInt8]
        var node: UInt64?
    }

    /// What one call does to names; it lasts whole or not at all.
    struct Step: Sendable {
        var effects: [Effect]
    }

    struct Place: Hashable, Sendable {
        var directory: UInt64
        var name: [UInt8]
    }

    var nodes: [UInt64: Node]
    var waiting: [Step] = []
    private var lowestFree: UInt64 = Self.root + 1

    /// The root directory's number.
    static let root: UInt64 = 2

    /// An empty disk.
    package init() {
        nodes = [Self.root: Node(mode: 0o040755, modified: 0, changed: 0, birth: 1)]
    }

    /// A new node under the lowest number that is free, as real file systems reuse them.
    mutating func add(_ node: Node) -> UInt64 {
        var number = lowestFree
        while nodes[number] != nil { number += 1 }
        lowestFree = number + 1
        nodes[number] = node
        return number
    }

    /// Changes names at once for everybody who looks, and durably some time.
    mutating func take(_ effects: [Effect]) {
        for effect in effects { nodes[effect.directory]?.entries[effect.name] = effect.node }
        waiting.append(Step(effects: effects))
    }

    // MARK: Becoming durable

    /// Makes a file's bytes durable, or a directory's names.
    mutating func flush(_ number: UInt64) {
        guard let node = nodes[number] else { return }
        if node.isDirectory {
            persist { $0.effects.contains { $0.directory == number } }
        } else {
            nodes[number]?.durableContent = node.content
        }
    }

    mutating func flushAll() {
        for (number, node) in nodes where node.isFile {
            nodes[number]?.durableContent = node.content
        }
        persist { _ in true }
    }

    /// Makes steps durable, and with each the earlier ones of the same names.
    private mutating func persist(where isWanted: (Step) -> Bool) {
        var needed: Set<Place> = []
        var chosen = [Bool](repeating: false, count: waiting.count)
        for index in waiting.indices.reversed() {
            let places = Self.places(of: waiting[index])
            guard isWanted(waiting[index]) || !needed.isDisjoint(with: places) else { continue }
            chosen[index] = true
            needed.formUnion(places)
        }
        keep(chosen)
    }

    /// Applies the chosen steps to what is durable, in their order; the others go on waiting.
    mutating func keep(_ chosen: [Bool]) {
        var rest: [Step] = []
        for (step, isChosen) in zip(waiting, chosen) {
            guard isChosen else {
                rest.append(step)
                continue
            }
            for effect in step.effects {
                nodes[effect.directory]?.durableEntries[effect.name] = effect.node
            }
        }
        waiting = rest
    }

    static func places(of step: Step) -> [Place] {
        step.effects.map { Place(directory: $0.directory, name: $0.name) }
    }

    // MARK: Becoming free

    /// Frees what no name leads to, now or after a power cut, and no descriptor holds.
    mutating func collect(held: some Collection<UInt64>) {
        var reached: Set<UInt64> = [Self.root]
        var pending = [Self.root] + held + waiting.flatMap { $0.effects.compactMap(\.node) }
        reached.formUnion(pending)
        while let number = pending.popLast() {
            guard let node = nodes[number] else { continue }
            for child in Array(node.entries.values) + Array(node.durableEntries.values)
            where reached.insert(child).inserted {
                pending.append(child)
            }
        }
        nodes = nodes.filter { reached.contains($0.key) }
        lowestFree = Self.root + 1
    }

    /// How many names lead to a node.
    func linkCount(of number: UInt64) -> UInt32 {
        guard let node = nodes[number] else { return 0 }
        let names = nodes.values.reduce(0) { $0 + $1.entries.values.count { $0 == number } }
        if node.isDirectory {
            if names == 0 && number != Self.root { return 0 }
            let inner = node.entries.values.count { nodes[$0]?.isDirectory == true }
            return UInt32(2 + inner)
        }
        return UInt32(names)
    }

    /// The bytes that files take.
    var usedBytes: UInt64 {
        nodes.values.reduce(0) { $0 + ($1.isFile ? UInt64($1.content.count) : 0) }
    }
}
