import Foundation
import TandemTestSupport
import TandemTree
import Testing

/// Compares with the real git, which must be there: without it these tests fail.
@Suite(.tags(.live, .property))
struct GitIgnoreTests {
    @Test(arguments: 0..<8 as Range<UInt64>)
    func `random ignore files mean what git takes them for`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var ignored = 0
        for _ in 0..<5 {
            ignored += try GitIgnoreCase.random(using: &generator).compareWithGit()
        }
        #expect(ignored > 0)
    }

    @Test(arguments: [
        "*.o\n!keep.o\n",
        "/build\n",
        "build/\n",
        "a/**/z\n",
        "**/b\n",
        "a/**\n!a/b\n",
        "a/*\n!a/b\n",
        "foo**/bar\n",
        "foo**\n/x/a**\n",
        "a**b\n",
        "\u{FEFF}a\n",
        "a\r\nb\r\n",
        "a \nb\\ \nc\\\\ \nd\t\n",
        "\\#a\n\\!b\n#c\n",
        "[ab]\n[!a-c]x\n[]-]y\n[[:digit:][:upper:]]z\n",
        "[\n[a\n[[:x:]]\na[b\n",
        "a\\\n\\a\n",
        "/\n//\n//a\n!\n",
        "a/\\**\n",
        "*/b\n*/*/c\n",
        "a/**\\/b\n",
        "x/a?b\n?\n",
        "*\n!*/\n!*.txt\n",
        "b",
    ])
    func `lines that are easily misread mean what git takes them for`(rules: String) throws {
        var generator = SeededGenerator(seed: 7)
        var sample = GitIgnoreCase.random(using: &generator)
        sample.rules = [[]: Array(rules.utf8)]
        for name in [
            "foobar", "foo/x/bar", "ab", "axb", "a b", "c\\", "d\t", "#a", "!b", "#c", "x/ab",
        ] {
            sample.add(path: name.utf8.split(separator: 0x2F).map { Array($0) })
        }
        for name in [
            "]y", "-y", "1z", "Az", "x/a/b/c", "a/q/z", "a/z", "[", "a\\", "keep.o", "k.o",
        ] {
            sample.add(path: name.utf8.split(separator: 0x2F).map { Array($0) })
        }
        try sample.compareWithGit()
    }
}

/// A tree of empty files with `.gitignore` files in it.
private struct GitIgnoreCase {
    typealias Path = [[UInt8]]

    var rules: [Path: [UInt8]] = [:]
    var files: Set<Path> = []
    var directories: Set<Path> = []

    private static let names = ["a", "b", "ab", "foo", "bar", "x.o", "é", "B", "a.txt", "z-1"]
    private static let pieces = [
        "a", "b", "ab", "foo", "bar", ".o", "x", "*", "**", "?", "/", "/", "/", "[a-c]", "[!a]",
        "\\", "[^f]oo", ".", "*.o", "**/", "/**", "é", "a*b", "[[:alpha:]]", " ", "-", "[]a]", "!",
    ]

    static func random(using generator: inout SeededGenerator) -> GitIgnoreCase {
        var sample = GitIgnoreCase()
        for _ in 0..<80 {
            let depth = 1 + generator.below(4)
            sample.add(
                path: (0..<depth).map { _ in Array(names[generator.below(names.count)].utf8) }
            )
        }
        let places =
            [[]]
            + sample.directories.sorted {
                $0.lexicographicallyPrecedes($1) { $0.lexicographicallyPrecedes($1) }
            }
        for _ in 0..<(1 + generator.below(4)) {
            sample.rules[places[generator.below(places.count)]] = randomRules(using: &generator)
        }
        return sample
    }

    private static func randomRules(using generator: inout SeededGenerator) -> [UInt8] {
        var text = ""
        for _ in 0..<(3 + generator.below(7)) {
            if generator.chance(4) { text += "!" }
            if generator.chance(4) { text += "/" }
            for _ in 0..<(1 + generator.below(3)) { text += pieces[generator.below(pieces.count)] }
            if generator.chance(4) { text += "/" }
            text += "\n"
        }
        return Array(text.utf8)
    }

    /// Adds a file and the directories above it, unless something else stands there.
    mutating func add(path: Path) {
        let above = (1..<max(path.count, 1)).map { Array(path.prefix($0)) }
        guard above.allSatisfy({ !files.contains($0) }), !directories.contains(path) else { return }
        directories.formUnion(above)
        files.insert(path)
    }

    /// Returns how many paths git ignores.
    @discardableResult
    func compareWithGit() throws -> Int {
        let root = FileManager.default.temporaryDirectory
            .appendingPathComponent("tandem-ignore-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: root) }
        try write(to: root)
        try Git.run(["init", "-q", "--template="], in: root)
        let paths = files.union(directories).map { Array($0.joined(separator: [0x2F])) }
        let output = try Git.run(
            ["check-ignore", "-z", "--stdin", "--no-index"],
            in: root,
            input: paths.reduce(into: []) { $0 += $1 + [0] }
        )
        let ignoredByGit = Set(output.split(separator: 0).map { Array($0) })
        for path in paths {
            let own = isIgnored(path)
            let shown = rules.map {
                (escaped(Array($0.key.joined(separator: [0x2F]))), escaped($0.value))
            }
            #expect(own == ignoredByGit.contains(path), "\(escaped(path)) by \(shown)")
        }
        return ignoredByGit.count
    }

    private func write(to root: URL) throws {
        func url(_ path: Path) -> URL {
            path.reduce(root) { $0.appendingPathComponent(String(decoding: $1, as: UTF8.self)) }
        }
        for directory in directories {
            try FileManager.default.createDirectory(
                at: url(directory),
                withIntermediateDirectories: true
            )
        }
        for file in files { try Data().write(to: url(file)) }
        for (place, content) in rules {
            try Data(content).write(to: url(place + [Array(".gitignore".utf8)]))
        }
    }

    private func isIgnored(_ path: [UInt8]) -> Bool {
        var set = RuleSet()
        for (place, content) in rules {
            let directory = RelativePath(trusted: Array(place.joined(separator: [0x2F])))
            set.add(RuleFile(directory: directory, kind: .gitignore, content: content))
        }
        let isDirectory = directories.contains(path.split(separator: 0x2F).map { Array($0) })
        let reason = set.explain(RelativePath(trusted: path), isDirectory: isDirectory)
        return reason?.isIgnored ?? false
    }
}

/// The real git, without this machine's settings.
private enum Git {
    @discardableResult
    static func run(_ arguments: [String], in root: URL, input: [UInt8] = []) throws -> [UInt8] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["git", "-c", "core.excludesFile=/dev/null", "-c", "core.ignoreCase=false"] + arguments
        process.currentDirectoryURL = root
        let (stdin, stdout) = (Pipe(), Pipe())
        process.standardInput = stdin
        process.standardOutput = stdout
        try process.run()
        stdin.fileHandleForWriting.write(Data(input))
        try stdin.fileHandleForWriting.close()
        let output = stdout.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        // check-ignore ends with 1 where nothing is ignored.
        try #require([0, 1].contains(process.terminationStatus), "git \(arguments) failed")
        return Array(output)
    }
}
