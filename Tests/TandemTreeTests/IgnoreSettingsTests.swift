import TandemTestSupport
import TandemTree
import Testing

struct IgnoreSettingsTests {
    private func isIgnored(_ path: RelativePath, _ settings: IgnoreSettings) -> Bool {
        settings.base.explain(path, isDirectory: false)?.isIgnored == true
    }

    @Test func `without a configuration the rules are the standard ones`() {
        #expect(IgnoreSettings().base == .standard)
        #expect(IgnoreSettings().base.digest == RuleSet.standard.digest)
    }

    @Test func `patterns overrule the files of the tree, and garbage can be added to`() {
        let settings = IgnoreSettings(patterns: ["*.bin", "!a.log"], garbagePatterns: ["*.tmp"])
        #expect(isIgnored("x.bin", settings) && isIgnored("d/x.tmp", settings))
        #expect(!isIgnored("a.log", settings) && isIgnored("b.log", settings))
        var rules = settings.base
        let own = RuleFile(
            directory: .root,
            kind: .gitignore,
            content: Array("!x.bin\n!x.tmp\n".utf8)
        )
        rules.add(own)
        #expect(rules.explain("x.bin", isDirectory: false)?.isIgnored == true)
        #expect(rules.explain("x.tmp", isDirectory: false)?.isIgnored == false)
    }

    @Test func `without the garbage catalogue only logs stay behind`() {
        let settings = IgnoreSettings(leavesGarbage: false, garbagePatterns: ["*.tmp"])
        #expect(!isIgnored("m.pyc", settings) && !isIgnored("a.tmp", settings))
        #expect(isIgnored("a.log", settings))
    }

    @Test func `git is left out unless it is pushed`() {
        #expect(isIgnored(".git", IgnoreSettings()))
        #expect(!isIgnored(".git/config", IgnoreSettings(git: .push)))
        // Below the root nothing says which way it goes, so it goes none.
        #expect(isIgnored("a/.git", IgnoreSettings(git: .push)))
    }

    @Test func `whether git's rules count is part of the rules' name`() throws {
        let without = IgnoreSettings(usesGitignore: false).base
        #expect(without.digest != RuleSet.standard.digest)
        #expect(try RuleSet(decoding: without.encode()) == without)
    }

    @Test func `git's exclude file stands below every .gitignore, as in git`() {
        var rules = RuleSet.standard
        let exclude = Array("*.o\n!keep.log\n".utf8)
        rules.add(RuleFile(directory: "d", kind: .gitExclude, content: exclude))
        rules.add(RuleFile(directory: .root, kind: .gitignore, content: Array("!a.o\n".utf8)))
        #expect(rules.explain("d/a.o", isDirectory: false)?.isIgnored == false)
        #expect(rules.explain("d/b.o", isDirectory: false)?.isIgnored == true)
        #expect(rules.explain("b.o", isDirectory: false) == nil)
        #expect(rules.explain("d/keep.log", isDirectory: false)?.isIgnored == false)
    }

    @Test(arguments: [
        "tandem.local.yml", "Tandem.Local.YML", "tandem\u{200D}.local.yml", "tandem.lo\u{3388}.yml",
        "tandem.local.y\u{3396}", "\u{FF54}andem.\u{2113}\u{BA}\u{217D}al.\u{2B8}ml",
    ])
    func `every spelling of the laptop's own settings is reserved, whatever rules say`(
        name: String
    ) {
        let bytes = Array(name.utf8)
        #expect(throws: PathError.reserved) { try RelativePath.checkName(bytes) }
        var rules = RuleSet(includesGit: true)
        rules.add(RuleFile(directory: .root, kind: .configuration, content: Array("!*\n".utf8)))
        #expect(IgnoreMatcher(rules: rules).isIgnored(name: bytes, isDirectory: false))
    }

    @Test(arguments: ["tandem.yml", "tandem.local.yaml", "tandem.loca.yml", "xtandem.local.yml"])
    func `names that are only like it travel`(name: String) throws {
        try RelativePath.checkName(Array(name.utf8))
        #expect(!IgnoreMatcher().isIgnored(name: Array(name.utf8), isDirectory: false))
    }
}
