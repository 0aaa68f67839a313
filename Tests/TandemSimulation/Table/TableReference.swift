package import TandemTree

/// The table of docs/SAFETY.md once more, written as plainly as it reads, on values without digests.
///
/// It shares no line with `reconcile`, and is compared with it on every triple of small trees.
package struct TableReference {
    package typealias Directory = [UInt8: TableNode]

    package var archive: Directory
    package var laptop: Directory
    package var vm: Directory
    package var mode: SyncMode
    /// Paths that are left alone because both sides changed.
    package var conflicts: Set<[UInt8]> = []
    /// Paths that are left alone because the mode does not let one side's change travel.
    package var own: Set<[UInt8]> = []

    package init(archive: Directory, laptop: Directory, vm: Directory, mode: SyncMode) {
        (self.archive, self.laptop, self.vm, self.mode) = (archive, laptop, vm, mode)
    }

    /// What stands in the three places.
    private struct Triple {
        var archive: TableNode?
        var laptop: TableNode?
        var vm: TableNode?

        subscript(side: Side) -> TableNode? {
            get { side == .laptop ? laptop : vm }
            set { if side == .laptop { laptop = newValue } else { vm = newValue } }
        }
    }

    /// Brings the three to what they shall be after a cycle in which nothing interferes.
    package mutating func run() {
        guard mode != .off else { return }
        let top = Triple(
            archive: .directory(archive),
            laptop: .directory(laptop),
            vm: .directory(vm)
        )
        let after = settle(top, at: [])
        if case .directory(let children)? = after.archive { archive = children }
        if case .directory(let children)? = after.laptop { laptop = children }
        if case .directory(let children)? = after.vm { vm = children }
    }

    private mutating func settle(_ before: Triple, at path: [UInt8]) -> Triple {
        var after = before
        if before.laptop == .other || before.vm == .other {
            let isNothing: Set<TableNode?> = [nil, .other]
            if isNothing.contains(before.laptop) && isNothing.contains(before.vm) {
                after.archive = nil
            }
            return after
        }
        let (laptop, vm) = (before.laptop?.synced, before.vm?.synced)
        if laptop == vm {
            after.archive = laptop
            return after
        }
        if case .directory(let l)? = before.laptop, case .directory(let v)? = before.vm {
            return recurse(before, l, v, at: path)
        }
        if mode == .mirror { return overwrite(.vm, before, at: path) }
        let laptopChanged = laptop != before.archive
        let vmChanged = vm != before.archive
        if laptopChanged && vmChanged { return decideBoth(before, at: path) }
        return propagate(from: laptopChanged ? .laptop : .vm, before, at: path)
    }

    private mutating func recurse(
        _ before: Triple,
        _ laptop: Directory,
        _ vm: Directory,
        at path: [UInt8]
    ) -> Triple {
        var old: Directory = [:]
        if case .directory(let children)? = before.archive { old = children }
        var (o, l, v): (Directory, Directory, Directory) = ([:], [:], [:])
        for name in Set(old.keys).union(laptop.keys).union(vm.keys) {
            let inner = Triple(archive: old[name], laptop: laptop[name], vm: vm[name])
            let after = settle(inner, at: path + [name])
            (o[name], l[name], v[name]) = (after.archive, after.laptop, after.vm)
        }
        return Triple(archive: .directory(o), laptop: .directory(l), vm: .directory(v))
    }

    private mutating func decideBoth(_ before: Triple, at path: [UInt8]) -> Triple {
        for side in Side.allCases where before[side] == nil {
            let other = before[side.other]
            if other?.isDirectory == true, before.archive?.isDirectory == true,
                other?.isThinned(from: before.archive) == true
            {
                return propagate(from: side, before, at: path)
            }
            if mayWrite(side) { return overwrite(side, before, at: path) }
            conflicts.insert(path)
            return before
        }
        if mode == .twoWay, let merged = merge(before) { return merged }
        conflicts.insert(path)
        return before
    }

    private func merge(_ before: Triple) -> Triple? {
        guard case .file(let o, let ox)? = before.archive,
            case .file(let l, let lx)? = before.laptop,
            case .file(let v, let vx)? = before.vm, l == o || v == o || l == v
        else { return nil }
        let file = TableNode.file(l == o ? v : l, executable: lx != ox || vx != ox ? !ox : ox)
        return Triple(archive: file, laptop: file, vm: file)
    }

    private mutating func propagate(from side: Side, _ before: Triple, at path: [UInt8]) -> Triple {
        guard mayWrite(side.other) else {
            own.insert(path)
            return before
        }
        return overwrite(side.other, before, at: path)
    }

    private mutating func overwrite(_ side: Side, _ before: Triple, at path: [UInt8]) -> Triple {
        guard before[side]?.holdsOther != true else {
            conflicts.insert(path)
            return before
        }
        var after = before
        after[side] = before[side.other]?.synced
        after.archive = after[side]
        return after
    }

    private func mayWrite(_ side: Side) -> Bool {
        switch mode {
        case .twoWay: true
        case .push, .mirror: side == .vm
        case .pull: side == .laptop
        case .off: false
        }
    }
}
