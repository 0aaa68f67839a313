import Foundation
import TandemTestSupport
import Testing

@testable import TandemCommands

struct UnifiedDiffTests {
    private func old(_ lines: [UnifiedDiff.Line]) -> [String] {
        lines.compactMap { line in
            switch line {
            case .same(let text), .removed(let text): text
            case .added: nil
            }
        }
    }

    private func new(_ lines: [UnifiedDiff.Line]) -> [String] {
        lines.compactMap { line in
            switch line {
            case .same(let text), .added(let text): text
            case .removed: nil
            }
        }
    }

    /// The fewest lines to remove and add, by the table of all prefixes.
    private func distance(_ old: [String], _ new: [String]) -> Int {
        var row = Array(0...new.count)
        for (i, left) in old.enumerated() {
            var next = [i + 1]
            for (j, right) in new.enumerated() {
                next.append(left == right ? row[j] : min(row[j + 1], next[j]) + 1)
            }
            row = next
        }
        return row[new.count]
    }

    private func text(
        _ generator: inout SeededGenerator,
        _ longest: Int,
        _ letters: Int
    ) -> [String] {
        (0..<generator.below(longest)).map { _ in String(generator.below(letters)) }
    }

    @Test(.tags(.property), arguments: [31, 32, 33])
    func `a diff holds both texts, and no fewer lines could do`(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for round in 0..<600 {
            let left = text(&generator, 14, 4)
            let right = text(&generator, 14, 4)
            let lines = UnifiedDiff(old: left, new: right).lines
            #expect(old(lines) == left, "seed \(seed), round \(round)")
            #expect(new(lines) == right, "seed \(seed), round \(round)")
            let changed = lines.count { if case .same = $0 { false } else { true } }
            #expect(changed == distance(left, right), "seed \(seed), round \(round)")
        }
    }

    @Test(.tags(.property, .live), arguments: [41, 42])
    func `patch makes the new text of the old one by it`(_ seed: UInt64) throws {
        try #require(Command.path(of: "patch") != nil, "patch is not installed")
        var generator = SeededGenerator(seed: seed)
        let directory = try TemporaryDirectory()
        for round in 0..<25 {
            let left = text(&generator, 80, 12)
            var right = left
            for _ in 0..<generator.below(12) where !right.isEmpty {
                let index = generator.below(right.count)
                if generator.chance(2) { right.remove(at: index) } else { right[index] = "new" }
            }
            let hunks = UnifiedDiff(old: left, new: right).hunks
            guard !hunks.isEmpty else {
                #expect(left == right, "seed \(seed), round \(round)")
                continue
            }
            var patch = "--- a\n+++ a\n"
            for hunk in hunks {
                patch += hunk.header + "\n"
                for line in hunk.lines {
                    switch line {
                    case .same(let text): patch += " \(text)\n"
                    case .removed(let text): patch += "-\(text)\n"
                    case .added(let text): patch += "+\(text)\n"
                    }
                }
            }
            try directory.write(left.map { $0 + "\n" }.joined(), to: "a")
            try directory.write(patch, to: "patch")
            try Command.run(
                "patch",
                ["--fuzz=0", "-s", directory.path("a"), directory.path("patch")]
            )
            let patched = (try? directory.read("a")) ?? ""
            #expect(
                patched == right.map { $0 + "\n" }.joined(),
                "seed \(seed), round \(round)\n\(patch)"
            )
        }
    }

    @Test func `texts that differ too much are shown whole, in good time`() {
        let left = (0..<4000).map { "left \($0)" }
        let right = (0..<4000).map { "right \($0)" }
        let lines = UnifiedDiff(old: left, new: right).lines
        #expect(lines.count == 8000)
        #expect(lines.first == .removed("left 0"))
        #expect(lines.last == .added("right 3999"))
    }

    @Test func `changes far apart are hunks of their own, near ones are one`() {
        let left = (0..<40).map(String.init)
        var right = left
        right[5] = "x"
        right[11] = "y"
        right[30] = "z"
        let hunks = UnifiedDiff(old: left, new: right).hunks
        #expect(hunks.map(\.header) == ["@@ -3,13 +3,13 @@", "@@ -28,7 +28,7 @@"])
        #expect(UnifiedDiff(old: left, new: left).hunks.isEmpty)
        #expect(UnifiedDiff(old: [], new: ["a"]).hunks.map(\.header) == ["@@ -0,0 +1 @@"])
    }
}
