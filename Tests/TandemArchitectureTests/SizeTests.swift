import Testing

/// Reports how large files and functions are, and stops what outgrows a screen several times over.
struct SizeTests {
    /// The design aims at 300 lines a file at most and one screen a function; these are the walls.
    private static let longestFile = 450
    private static let longestFunction = 90

    @Test func `files and functions stay small`() {
        let files = Project.sources
        let functions = files.flatMap { file in
            file.functions.map { (name: "\(file.path) \($0.name)", lines: $0.lines) }
        }
        report("file", files.map { (name: $0.path, lines: $0.lineCount) })
        report("function", functions)
        for file in files { #expect(file.lineCount <= Self.longestFile, "\(file.path)") }
        for function in functions {
            #expect(function.lines <= Self.longestFunction, "\(function.name)")
        }
    }

    @Test func `a function is measured from its name to its closing brace`() {
        let text = """
            struct A {
                func b(c: () -> Void = {}) -> String {
                    "{ not a brace \\(d { 1 }) {"
                }

                protocol func e()
                init(f: Int) {
                    /* } */
                }
            }
            """
        let functions = SwiftFile(path: "Sources/X/X.swift", text: text).functions
        #expect(functions.map(\.name) == ["b", "init"])
        #expect(functions.map(\.lines) == [3, 3])
    }

    private func report(_ what: String, _ measured: [(name: String, lines: Int)]) {
        let sorted = measured.sorted { $0.lines < $1.lines }
        guard let longest = sorted.last else { return }
        print(
            "\(what): \(sorted.count) of them, median \(sorted[sorted.count / 2].lines) lines,",
            "90th percentile \(sorted[sorted.count * 9 / 10].lines),",
            "longest \(longest.lines) (\(longest.name))"
        )
    }
}
