import Dispatch
import Glibc
import Testing

import TandemFiles
import TandemTestSupport
import TandemTree

/// Random changes by real calls; the live tree must be what a scan without a past finds.
struct LivePropertyTests {
    private static let directories = ["a", "b", "c"]
    private static let names = ["f", "g", "h.o", "k.txt", "x.log", ".gitignore", ".tandemignore"]
    private static let patterns = ["*.o", "b/", "/a/c", "f", "!f", "k.*", "!*.log", "", "c/g"]

    @Test(.tags(.property), arguments: 1...12)
    func `the live tree is what a full scan finds, rules collected`(seed: Int) throws {
        try run(seed, .collect)
    }

    @Test(.tags(.property), arguments: 1...12)
    func `the live tree is what a full scan finds, rules given`(seed: Int) throws {
        var rules = RuleSet.standard
        for (directory, lines) in [("", "*.o\n/b/c/\n"), ("a", "f\n!x.log\n")] {
            rules.add(
                RuleFile(
                    directory: RelativePath(trusted: Array(directory.utf8)),
                    kind: .gitignore,
                    content: Array(lines.utf8)
                )
            )
        }
        try run(seed, .given(rules))
    }

    @Test(.tags(.property), arguments: 1...4)
    func `with four watches and polling for the rest it is the same`(seed: Int) throws {
        try run(seed, .collect, WatchBudget(watches: 4, fanotify: .never))
    }

    @Test(.tags(.property), arguments: 1...4)
    func `with polling alone it is the same`(seed: Int) throws {
        try run(seed, .collect, WatchBudget(watches: 0, fanotify: .never))
    }

    @Test(
        .tags(.property),
        .enabled(if: Backend.isFanotifyAllowed, "fanotify is refused"),
        arguments: 1...12
    )
    func `with fanotify it is the same`(seed: Int) throws {
        try run(seed, .collect, Backend.fanotify.budget)
    }

    private func run(
        _ seed: Int,
        _ rules: RuleSource,
        _ budget: WatchBudget = .ofSystem
    ) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let root = try WatchedRoot(rules: rules, budget: budget)
        var log: [String] = []
        for round in 0..<25 {
            let before = root.live.tree
            var found: [Difference] = []
            log.removeAll()
            for _ in 0...random.below(8) { log.append(change(root.files, &random)) }
            // Sometimes read in the middle of a round.
            if random.chance(3) { found += try root.step(until: .now()) }
            for _ in 0...random.below(3) { log.append(change(root.files, &random)) }
            found += try root.settle()
            let comment: Comment = "seed \(seed), round \(round): \(log)"
            // Given rules go along with what is renamed.
            let inForce =
                if case .given = rules { RuleSource.given(root.live.rules) } else { rules }
            try root.expectSame(comment, rules: inForce)
            var replayed = before
            try replayed.apply(found)
            #expect(replayed.synced == root.live.tree.synced, comment)
        }
        #expect(root.files.fileSystem.openDescriptors == 0)
    }

    /// One change by plain calls, as a program or a person makes it.
    private func change(_ root: ScanRoot, _ random: inout SeededGenerator) -> String {
        let path = self.path(&random)
        let other = self.path(&random)
        switch random.below(14) {
        case 0...3:
            let text = text(for: path, &random)
            write(text, to: root.path(path))
            return "write \(path) \(text.debugDescription)"
        case 4:
            _ = chmod(root.path(path), random.chance(2) ? 0o755 : 0o644)
            return "chmod \(path)"
        case 5, 6:
            _ = rename(root.path(path), root.path(other))
            return "rename \(path) \(other)"
        case 7:
            _ = unlink(root.path(path))
            return "unlink \(path)"
        case 8:
            _ = try? Command.run("rm", ["-rf", root.path(path)])
            return "rm -rf \(path)"
        case 9:
            _ = symlink(other, root.path(path))
            return "symlink \(path)"
        case 10:
            let away = root.directory.path("away")
            if rename(root.path(path), away) == 0 {
                _ = rename(away, root.path(other))
                _ = try? Command.run("rm", ["-rf", away])
            }
            return "rename \(path) away and back as \(other)"
        case 11:
            _ = mkfifo(root.path(path), 0o644)
            return "mkfifo \(path)"
        default:
            _ = mkdir(root.path(path), 0o755)
            return "mkdir \(path)"
        }
    }

    /// Writes where that can be done.
    private func write(_ text: String, to path: String) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK, 0o644)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        _ = text.utf8.withContiguousStorageIfAvailable { bytes in
            Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        }
    }

    private func path(_ random: inout SeededGenerator) -> String {
        var names: [String] = []
        while random.chance(2) && names.count < 3 {
            names.append(Self.directories[random.below(Self.directories.count)])
        }
        let last = Self.directories + Self.names
        return (names + [last[random.below(last.count)]]).joined(separator: "/")
    }

    private func text(for path: String, _ random: inout SeededGenerator) -> String {
        guard path.hasSuffix("ignore") else { return random.chance(6) ? "" : "\(random.next())" }
        return (0...random.below(2)).map { _ in Self.patterns[random.below(Self.patterns.count)] }
            .joined(separator: "\n")
    }
}

extension Tree {
    /// The listing without what cannot be synced, which no difference names.
    fileprivate var synced: [RelativePath: EntryState] {
        listing.filter { $0.value.kind != .other }
    }
}
