import Testing

@testable import TandemProject

struct TextDiffTests {
    private func diff(_ old: String?, _ new: String?) -> [String] {
        TextDiff(from: old.map { Array($0.utf8) }, to: new.map { Array($0.utf8) }).lines.map(
            \.shown
        )
    }

    @Test func `the same is nothing, and a missing file is an empty one`() {
        #expect(diff("a\n", "a\n").isEmpty && diff(nil, nil).isEmpty)
        #expect(diff(nil, "a\nb\n") == ["+ a", "+ b"])
        #expect(diff("a\n", nil) == ["- a"])
    }

    @Test func `what is the same far away is left out`() {
        let old = (1...20).map { "\($0)\n" }.joined()
        let new = old.replacing("10\n", with: "ten\n")
        #expect(
            diff(old, new) == [
                "line 7:", "  7", "  8", "  9", "- 10", "+ ten", "  11", "  12", "  13",
            ]
        )
    }

    @Test func `lines cannot drive the terminal, and bytes that are no text are shown`() {
        #expect(diff("", "a\u{1B}[2J\n") == ["+ a\\x1b[2J"])
        #expect(TextDiff(from: [], to: [0xFF]).lines.map(\.shown) == ["+ \\xff"])
    }

    @Test func `very long files are shown whole, not compared for ever`() {
        let old = (0..<3000).map { "a\($0)\n" }.joined()
        let new = (0..<3000).map { "b\($0)\n" }.joined()
        #expect(diff(old, new).count == 6000)
    }
}
