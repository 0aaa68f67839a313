extension Reconciler {
    /// The places below two directories that are not the same in all three trees, in name order.
    func children(of place: Place) -> [Place] {
        var cursors = Cursors(
            archive: directoryRange(archive, place.archive),
            laptop: directoryRange(laptop, place.laptop),
            vm: directoryRange(vm, place.vm)
        )
        var places: [Place] = []
        while let heads = nextHeads(&cursors) {
            let isSettled = isSettled(heads)
            if isSettled && !place.isMixed { continue }
            var child = Place(
                path: place.path.appending(name(heads)),
                archive: heads.archive,
                laptop: heads.laptop,
                vm: heads.vm,
                mode: place.mode,
                isMixed: false
            )
            if place.isMixed {
                child.mode = regions.mode(of: child.path)
                child.isMixed = regions.beginsBelow(child.path)
                // What is off leaves the archive even where all three are the same.
                if isSettled && !child.isMixed && child.mode != .off { continue }
            }
            places.append(child)
        }
        return places
    }

    private struct Cursors {
        var archive: Range<Int>
        var laptop: Range<Int>
        var vm: Range<Int>
    }

    private struct Heads {
        var archive: Tree.ID?
        var laptop: Tree.ID?
        var vm: Tree.ID?
    }

    private func directoryRange(_ tree: Tree, _ id: Tree.ID?) -> Range<Int> {
        id.map { tree.childRange(of: $0) } ?? 0..<0
    }

    /// The ids that bear the least name still to come, taken off their cursors.
    private func nextHeads(_ cursors: inout Cursors) -> Heads? {
        var heads = Heads()
        let order = Tree.compareHeads(archive, cursors.archive, laptop, cursors.laptop)
        if let order {
            if order <= 0 { heads.archive = cursors.archive.first.map { archive.slots[$0] } }
            if order >= 0 { heads.laptop = cursors.laptop.first.map { laptop.slots[$0] } }
        }
        if let slot = cursors.vm.first {
            let order = compareName(of: heads, toVM: vm.slots[slot])
            if order >= 0 { heads.vm = vm.slots[slot] }
            if order > 0 { (heads.archive, heads.laptop) = (nil, nil) }
        } else if order == nil {
            return nil
        }
        if heads.archive != nil { cursors.archive.removeFirst() }
        if heads.laptop != nil { cursors.laptop.removeFirst() }
        if heads.vm != nil { cursors.vm.removeFirst() }
        return heads
    }

    private func compareName(of heads: Heads, toVM id: Tree.ID) -> Int {
        if let head = heads.archive { return Tree.compareNames(archive, head, vm, id) }
        if let head = heads.laptop { return Tree.compareNames(laptop, head, vm, id) }
        return 1
    }

    private func isSettled(_ heads: Heads) -> Bool {
        guard let o = heads.archive, let l = heads.laptop, let v = heads.vm else { return false }
        return Tree.same(laptop, l, vm, v) && Tree.same(archive, o, laptop, l)
    }

    private func name(_ heads: Heads) -> ArraySlice<UInt8> {
        if let id = heads.laptop { return laptop.nameBytes(of: id) }
        if let id = heads.vm { return vm.nameBytes(of: id) }
        if let id = heads.archive { return archive.nameBytes(of: id) }
        return []
    }
}
