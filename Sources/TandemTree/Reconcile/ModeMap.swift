/// Which way changes travel, path by path: the longest prefix that was set decides.
public struct ModeMap: Hashable, Sendable {
    /// The mode where no path says otherwise.
    public private(set) var whole: SyncMode
    /// What was set, in the order of paths.
    private var parts: [ModePart] = []

    /// One mode everywhere.
    public init(_ whole: SyncMode) { self.whole = whole }

    /// Gives a path and all below it a mode, but for what has one of its own.
    /// - Parameters:
    ///   - mode: which way changes travel there.
    ///   - path: where; the root is everything.
    public mutating func set(_ mode: SyncMode, at path: RelativePath) {
        guard !path.isRoot else {
            whole = mode
            return
        }
        let index = parts.firstIndex { !($0.path < path) } ?? parts.endIndex
        if index < parts.endIndex, parts[index].path == path {
            parts[index].mode = mode
        } else {
            parts.insert(ModePart(path: path, mode: mode), at: index)
        }
    }

    /// The mode of a path: that of the longest prefix that was set.
    public func mode(of path: RelativePath) -> SyncMode { ModeRegions(self).mode(of: path) }

    /// Every mode that some path has.
    public var inUse: Set<SyncMode> { Set(parts.map(\.mode)).union([whole]) }

    /// Whether every path has the same mode.
    public var isUniform: Bool { boundaries.isEmpty }

    /// The paths at which the mode is not that of the directory above, in the order of paths.
    var boundaries: [ModePart] {
        var kept: [ModePart] = []
        // The parts set above the current one, outermost first.
        var above: [ModePart] = []
        for part in parts {
            while let last = above.last, !part.path.isDescendant(of: last.path) {
                above.removeLast()
            }
            if part.mode != above.last?.mode ?? whole { kept.append(part) }
            above.append(part)
        }
        return kept
    }
}

/// A path and the mode that begins there.
struct ModePart: Hashable, Sendable {
    var path: RelativePath
    var mode: SyncMode
}

/// A mode map as the walk asks it: regions of one mode, and the paths at which they begin.
struct ModeRegions: Sendable {
    let whole: SyncMode
    /// In the order of paths, so that what lies below a path follows it directly.
    let boundaries: [ModePart]

    init(_ map: ModeMap) {
        whole = map.whole
        boundaries = map.boundaries
    }

    func mode(of path: RelativePath) -> SyncMode {
        region(of: path).map { boundaries[$0].mode } ?? whole
    }

    /// The region a path lies in: the number of the boundary at or above it; nil for the outermost.
    func region(of path: RelativePath) -> Int? {
        guard !boundaries.isEmpty else { return nil }
        var current: RelativePath? = path
        while let candidate = current, !candidate.isRoot {
            let index = lowerBound(candidate)
            if index < boundaries.count, boundaries[index].path == candidate { return index }
            current = candidate.parent
        }
        return nil
    }

    /// Whether a region begins strictly below a path.
    func beginsBelow(_ path: RelativePath) -> Bool {
        var index = lowerBound(path)
        if index < boundaries.count, boundaries[index].path == path { index += 1 }
        return index < boundaries.count && boundaries[index].path.isDescendant(of: path)
    }

    /// Whether a region begins at a path.
    func begins(at path: RelativePath) -> Bool {
        let index = lowerBound(path)
        return index < boundaries.count && boundaries[index].path == path
    }

    /// All boundaries strictly below a path.
    func below(_ path: RelativePath) -> [ModePart] {
        boundaries[lowerBound(path)...].drop { $0.path == path }
            .prefix { $0.path.isDescendant(of: path) }
    }

    /// The boundaries strictly below a path with no other in between.
    func directlyBelow(_ path: RelativePath) -> [ModePart] {
        var found: [ModePart] = []
        for part in below(path) {
            if let last = found.last, part.path.isDescendant(of: last.path) { continue }
            found.append(part)
        }
        return found
    }

    private func lowerBound(_ path: RelativePath) -> Int {
        var (low, high) = (0, boundaries.count)
        while low < high {
            let middle = low + (high - low) / 2
            if boundaries[middle].path < path { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
