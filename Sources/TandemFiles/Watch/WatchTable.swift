import TandemTree

/// The directories of a root, by the watch that names them and by their place.
///
/// A directory knows its parent and its own name only, so that a path is never stored twice.
struct WatchTable {
    typealias ID = Int32

    /// What events name a directory by.
    enum Watch: Hashable {
        case inotify(Int32)
        case handle(DirectoryHandle)
    }

    struct Node {
        var parent: ID
        var name: [UInt8]
        var children: [[UInt8]: ID] = [:]
        /// nil without a watch.
        var watch: Watch?
        /// Why it is polled; nil when its events are enough.
        var polled: WatchReport.Reason?
        /// What the last look at a polled directory said; zero makes the next look list it.
        var stamp = Stamp.zero
        /// Until when the files of a polled directory are looked at too.
        var hotUntil: UInt64 = 0
    }

    private(set) var nodes: [Node?] = []
    private var free: [ID] = []
    private(set) var byWatch: [Watch: ID] = [:]
    private(set) var polled: Set<ID> = []

    /// The root's number, once it is in.
    static let root: ID = 0

    /// How many directories there are.
    var count: Int { nodes.count - free.count }

    subscript(id: ID) -> Node? {
        Int(id) < nodes.count ? nodes[Int(id)] : nil
    }

    /// Puts a directory in, the root first; one that stood there must have been removed.
    mutating func add(_ name: [UInt8], to parent: ID) -> ID {
        let node = Node(parent: parent, name: name)
        let id: ID
        if let reused = free.popLast() {
            id = reused
            nodes[Int(id)] = node
        } else {
            id = ID(nodes.count)
            nodes.append(node)
        }
        if id != Self.root { nodes[Int(parent)]?.children[name] = id }
        return id
    }

    mutating func setWatch(_ watch: Watch, of id: ID) {
        nodes[Int(id)]?.watch = watch
        byWatch[watch] = id
    }

    mutating func poll(_ id: ID, because reason: WatchReport.Reason, _ stamp: Stamp) {
        nodes[Int(id)]?.polled = reason
        nodes[Int(id)]?.stamp = stamp
        polled.insert(id)
    }

    mutating func note(_ id: ID, stamp: Stamp, hotUntil: UInt64) {
        nodes[Int(id)]?.stamp = stamp
        nodes[Int(id)]?.hotUntil = hotUntil
    }

    func child(of id: ID, _ name: [UInt8]) -> ID? { self[id]?.children[name] }

    /// The directory's path; nil for one that is not in the table.
    func path(of id: ID) -> RelativePath? {
        var names: [[UInt8]] = []
        var current = id
        while current != Self.root {
            guard let node = self[current] else { return nil }
            names.append(node.name)
            current = node.parent
        }
        guard self[Self.root] != nil else { return nil }
        return RelativePath(
            trusted: Array(names.reversed().joined(separator: [UInt8(ascii: "/")]))
        )
    }

    /// Takes a directory and all below it out; the watches that are no longer needed.
    mutating func remove(_ id: ID) -> [Watch] {
        guard let node = self[id] else { return [] }
        if id != Self.root { nodes[Int(node.parent)]?.children[node.name] = nil }
        var freed: [Watch] = []
        var pending = [id]
        while let current = pending.popLast() {
            guard let node = self[current] else { continue }
            pending.append(contentsOf: node.children.values)
            if let watch = node.watch, byWatch[watch] == current {
                byWatch[watch] = nil
                freed.append(watch)
            }
            polled.remove(current)
            nodes[Int(current)] = nil
            free.append(current)
        }
        return freed
    }

    /// The polled directories that lie below no other polled one.
    var topmostPolled: [(path: RelativePath, reason: WatchReport.Reason)] {
        polled.compactMap { id in
            guard let node = self[id], let reason = node.polled, let path = path(of: id) else {
                return nil
            }
            if id != Self.root, polled.contains(node.parent) { return nil }
            return (path, reason)
        }
        .sorted { $0.path < $1.path }
    }
}
