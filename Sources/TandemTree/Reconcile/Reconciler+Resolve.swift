/// What a person's answer makes of a conflict.
extension Reconciler {
    /// Settles a conflict as its resolution says; false where none fits, or it cannot be done.
    mutating func resolve(_ place: Place, _ conflict: Conflict) -> Bool {
        guard let resolution = resolutions[place.path], resolution.laptop == conflict.laptop,
            resolution.vm == conflict.vm
        else { return false }
        switch resolution.keep {
        case .laptop: return force(place, on: .vm)
        case .vm: return force(place, on: .laptop)
        case .both:
            // Where one side has nothing, the other's value is all there is.
            if place.laptop == nil { return force(place, on: .laptop) }
            if place.vm == nil { return force(place, on: .vm) }
            return keepBoth(place)
        }
    }

    /// Makes a place on one side what it is on the other, where the mode lets it.
    private mutating func force(_ place: Place, on side: Side) -> Bool {
        guard mayWrite(side, place.mode) else { return false }
        let holders = Side.allCases.filter { kind(place, $0) == .directory }
        guard place.isMixed, let holder = holders.first else {
            return tryOverwrite(place, on: side)
        }
        if holder == side { return tryClear(place, on: side) }
        bring(place, to: side)
        return true
    }

    /// Puts the vm's value beside on both sides, and the laptop's at the path.
    private mutating func keepBoth(_ place: Place) -> Bool {
        guard place.mode == .twoWay, !place.isMixed, let value = place.vm, let loser = place.vm,
            !vm.holdsOther(loser), let beside = freeSibling(of: place)
        else { return false }
        isOutOfOrder = true
        if laptop.find(beside) == nil { copy(value, to: beside) }
        return tryOverwrite(place, on: .vm)
    }

    /// Makes a value of the vm stand at another path, too, on both sides.
    private mutating func copy(_ value: Tree.ID, to beside: RelativePath) {
        let length = vm.path(of: value).bytes.count
        vm.forEach(from: value) { id, bytes in
            guard let state = vm.syncedState(of: id) else { return false }
            let origin = RelativePath(trusted: bytes)
            var change = Change(
                path: RelativePath(trusted: beside.bytes + bytes[length...]),
                expected: nil,
                new: state.withoutDirectoryDigest
            )
            plan.toLaptop.append(change)
            plan.origins[change.path] = origin
            if state.kind == .file && state.size > 0 { change.source = .copy(origin) }
            plan.toVM.append(change)
            return true
        }
    }

    // MARK: The name beside

    /// A name beside the place that nothing has, or that the laptop has with this very value.
    private func freeSibling(of place: Place) -> RelativePath? {
        guard let parent = place.path.parent, let value = state(place, .vm) else { return nil }
        for number in 1...Self.mostSiblings {
            let name = Self.conflictName(
                place.path.name,
                number: number,
                isFile: value.kind == .file
            )
            let path = parent.appending(name)
            guard regions.region(of: path) == regions.region(of: place.path),
                archive.find(path) == nil, vm.find(path) == nil,
                !plan.toVM.contains(where: { $0.path == path })
            else { continue }
            // After a crash half-way the value may stand on the laptop already.
            if laptop.find(path) == nil || laptop.state(at: path) == value { return path }
        }
        return nil
    }

    /// More conflicts of one name than anybody keeps.
    private static let mostSiblings = 1_000

    /// `plan.md` becomes `plan (vm conflict).md`, and the next one `plan (vm conflict 2).md`.
    ///
    /// The name is cut to what a file system holds, not within a UTF-8 sequence.
    static func conflictName(_ name: [UInt8], number: Int, isFile: Bool) -> [UInt8] {
        let longestExtension = 16
        var stem = name[...]
        var end: ArraySlice<UInt8> = []
        if isFile, let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > 0,
            name.count - dot <= longestExtension
        {
            (stem, end) = (name[..<dot], name[dot...])
        }
        let mark = Array((number == 1 ? " (vm conflict)" : " (vm conflict \(number))").utf8)
        var room = RelativePath.longestName - mark.count - end.count
        if stem.count > room {
            while room > 0, stem[stem.startIndex + room] & 0xC0 == 0x80 { room -= 1 }
            stem = stem.prefix(room)
        }
        return stem + mark + end
    }
}
