/// Two texts side by side as `diff -u` writes it.
///
/// Myers' greedy algorithm ("An O(ND) Difference Algorithm and Its Variations", 1986) on lines,
/// after what both begin and end with is set aside. Texts that differ in more than `longestScript`
/// lines are shown as removed and added whole.
package struct UnifiedDiff: Sendable {
    /// One line, and which text it is from.
    package enum Line: Hashable, Sendable {
        case same(String)
        case removed(String)
        case added(String)
    }

    /// A run of changes with the lines around them.
    package struct Hunk: Hashable, Sendable {
        /// Counted from 1; of an empty range, the line before it.
        package var oldStart: Int
        package var oldCount: Int
        package var newStart: Int
        package var newCount: Int
        package var lines: [Line]

        package var header: String {
            "@@ -\(Self.range(oldStart, oldCount)) +\(Self.range(newStart, newCount)) @@"
        }

        private static func range(_ start: Int, _ count: Int) -> String {
            count == 1 ? "\(start)" : "\(start),\(count)"
        }
    }

    /// The most removed and added lines that are looked for: memory grows with its square.
    package static let longestScript = 1500
    /// The lines shown around a change.
    package static let context = 3

    /// Every line of both texts, in order.
    package let lines: [Line]

    package init(old: [String], new: [String]) {
        let start = zip(old, new).prefix { $0 == $1 }.count
        let room = min(old.count, new.count) - start
        let end = zip(old.reversed(), new.reversed()).prefix { $0 == $1 }.prefix(room).count
        let middle = Self.script(
            Array(old[start..<(old.count - end)]),
            Array(new[start..<(new.count - end)])
        )
        lines =
            old[..<start].map { .same($0) } + middle + old[(old.count - end)...].map { .same($0) }
    }

    private static func script(_ old: [String], _ new: [String]) -> [Line] {
        guard let trace = trace(old, new) else {
            return old.map { .removed($0) } + new.map { .added($0) }
        }
        var lines: [Line] = []
        var (x, y) = (old.count, new.count)
        for step in trace.indices.reversed() {
            let reach = trace[step]
            let k = x - y
            // How far the step before came on the diagonals beside this one.
            func before(_ diagonal: Int) -> Int { reach[diagonal + step + 1] }
            let isDown = k == -step || (k != step && before(k - 1) < before(k + 1))
            let previous = isDown ? k + 1 : k - 1
            let (px, py) = step == 0 ? (0, 0) : (before(previous), before(previous) - previous)
            let (sx, sy) = step == 0 ? (0, 0) : (isDown ? px : px + 1, isDown ? py + 1 : py)
            while x > sx && y > sy {
                x -= 1
                y -= 1
                lines.append(.same(old[x]))
            }
            guard step > 0 else { break }
            lines.append(isDown ? .added(new[py]) : .removed(old[px]))
            (x, y) = (px, py)
        }
        return lines.reversed()
    }

    /// For each number of steps, how far each diagonal came with one step less; nil when too many
    /// are needed.
    ///
    /// Of step d the diagonals -d-1 to d+1 are kept, diagonal k at k + d + 1.
    private static func trace(_ old: [String], _ new: [String]) -> [[Int]]? {
        let bound = min(old.count + new.count, longestScript)
        var trace: [[Int]] = []
        var reach = [Int](repeating: 0, count: 2 * bound + 3)
        let middle = bound + 1
        for step in 0...bound {
            trace.append(Array(reach[(middle - step - 1)...(middle + step + 1)]))
            for k in stride(from: -step, through: step, by: 2) {
                let isDown =
                    k == -step || (k != step && reach[middle + k - 1] < reach[middle + k + 1])
                var x = isDown ? reach[middle + k + 1] : reach[middle + k - 1] + 1
                while x < old.count && x - k < new.count && old[x] == new[x - k] { x += 1 }
                reach[middle + k] = x
                if x >= old.count && x - k >= new.count { return trace }
            }
        }
        return nil
    }

    /// The changes with the lines around them; none where both texts are the same.
    package var hunks: [Hunk] {
        var hunks: [Hunk] = []
        var (oldLine, newLine) = (0, 0)
        var open: Hunk?
        var trailing = 0
        for (index, line) in lines.enumerated() {
            if case .same = line {
                if open != nil { trailing += 1 }
            } else {
                if open == nil { open = self.hunk(at: index, oldLine, newLine) }
                trailing = 0
            }
            open?.append(line)
            switch line {
            case .same:
                oldLine += 1
                newLine += 1
            case .removed: oldLine += 1
            case .added: newLine += 1
            }
            let isFar = trailing == 2 * Self.context || index == lines.count - 1
            if isFar, var done = open {
                done.dropLast(max(trailing - Self.context, 0))
                hunks.append(done)
                open = nil
                trailing = 0
            }
        }
        return hunks
    }

    /// A hunk that begins with the lines before a change.
    private func hunk(at index: Int, _ oldLine: Int, _ newLine: Int) -> Hunk {
        let before = lines[..<index].suffix(Self.context).reversed().prefix { line in
            if case .same = line { true } else { false }
        }.reversed()
        var hunk = Hunk(
            oldStart: oldLine - before.count,
            oldCount: 0,
            newStart: newLine - before.count,
            newCount: 0,
            lines: []
        )
        for line in before { hunk.append(line) }
        return hunk
    }
}

extension UnifiedDiff.Hunk {
    fileprivate mutating func append(_ line: UnifiedDiff.Line) {
        lines.append(line)
        switch line {
        case .same:
            if oldCount == 0 { oldStart += 1 }
            if newCount == 0 { newStart += 1 }
            oldCount += 1
            newCount += 1
        case .removed:
            if oldCount == 0 { oldStart += 1 }
            oldCount += 1
        case .added:
            if newCount == 0 { newStart += 1 }
            newCount += 1
        }
    }

    /// Takes lines off the end that both texts have.
    fileprivate mutating func dropLast(_ count: Int) {
        lines.removeLast(count)
        oldCount -= count
        newCount -= count
    }
}
