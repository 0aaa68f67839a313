package import TandemTestSupport

/// What a power cut leaves.
extension DiskImage {
    /// How the steps that wait are chosen, by what file systems are known to do.
    private enum Style: CaseIterable {
        /// Nothing that was not flushed lasts.
        case nothing
        /// All of it does.
        case everything
        /// The first so many, as with one journal.
        case prefix
        /// Any, as long as no step lasts without the earlier ones of its names.
        case any
    }

    /// Forgets what is not durable, except what by chance had been written already.
    ///
    /// The bytes of a file that was not flushed are old, new, or pieces of both and of zeros.
    package mutating func cutPower(using generator: inout SeededGenerator) {
        keep(choice(using: &generator))
        waiting = []
        for number in nodes.keys.sorted() {
            guard var node = nodes[number] else { continue }
            if node.isDirectory {
                node.entries = node.durableEntries
            } else if node.isFile, node.content != node.durableContent {
                node.content = remains(of: node, using: &generator)
                node.durableContent = node.content
            }
            nodes[number] = node
        }
        collect(held: [])
    }

    private func choice(using generator: inout SeededGenerator) -> [Bool] {
        let styles = Style.allCases
        switch styles[generator.below(styles.count)] {
        case .nothing: return waiting.map { _ in false }
        case .everything: return waiting.map { _ in true }
        case .prefix:
            let end = generator.below(waiting.count + 1)
            return waiting.indices.map { $0 < end }
        case .any:
            var lost: Set<Place> = []
            return waiting.map { step in
                let places = Self.places(of: step)
                if lost.isDisjoint(with: places) && generator.chance(2) { return true }
                lost.formUnion(places)
                return false
            }
        }
    }

    private func remains(of node: Node, using generator: inout SeededGenerator) -> [UInt8] {
        let old = node.durableContent ?? []
        let shared = min(old.count, node.content.count)
        switch generator.below(4) {
        case 0: return old
        case 1: return node.content
        case 2:
            let length = shared + generator.below(node.content.count - shared + 1)
            return Array(node.content.prefix(length))
        default:
            // Pages are written on their own; small ones here, so that small files tear, too.
            let page = 16
            var torn = node.content
            for start in stride(from: 0, to: torn.count, by: page) {
                guard generator.chance(2) else { continue }
                for index in start..<min(start + page, torn.count) {
                    torn[index] = index < old.count ? old[index] : 0
                }
            }
            return torn
        }
    }
}
