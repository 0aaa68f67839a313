import TandemConfiguration
import TandemTestSupport
import TandemTree
import Testing

@testable import TandemProject

struct ProjectSettingsTests {
    private func settings(_ sync: String, _ rest: String = "") throws -> ProjectSettings {
        let text = "version: 1\nvm: v\nsync: [\(sync)]\n\(rest)"
        return ProjectSettings(try Configuration.read(Array(text.utf8)))
    }

    @Test func `the lines of sync are one map of modes`() throws {
        let settings = try settings(
            "{from: ., to: /app}, {from: dist, to: /app/dist, mode: pull}, "
                + "{from: dist/own, to: /app/dist/own, mode: push}"
        )
        let map = settings.modeMap
        let paths: [RelativePath] = ["x", "dist/x", "dist/own/x", "distant"]
        #expect(paths.map { map.mode(of: $0) } == [.twoWay, .pull, .push, .twoWay])
        #expect(paths.map { settings.mode(of: $0) } == paths.map { map.mode(of: $0) })
        #expect(settings.receives("dist/x") && !settings.receives("dist/own/x"))
    }

    @Test(arguments: [
        ("two-way", SyncMode.push), ("push", .push), ("mirror", .mirror), ("pull", .off),
        ("off", .off),
    ])
    func `.git goes to the vm at most, whatever the modes say`(mode: String, git: SyncMode) throws {
        let settings = try settings(
            "{from: ., to: /app, mode: \(mode)}, {from: .git/x, to: /app/.git/x, mode: two-way}",
            "ignore: {git: push}\n"
        )
        #expect(settings.modeMap.mode(of: ".git/config") == git)
        #expect(settings.modeMap.mode(of: ".git/x/y") == .push)
        #expect(settings.modeMap.mode(of: "src").rawValue == mode)
    }

    @Test func `without a file the pair's own mode holds`() {
        let settings = ProjectSettings(withoutFile: .push)
        #expect(settings.modeMap == ModeMap(.push) && settings.ignore == IgnoreSettings())
        #expect(settings.hooks.isEmpty && settings.workload == nil)
    }

    @Test func `every act is guarded by a snapshot unless the file names some`() throws {
        let plain = try settings("{from: ., to: /app}")
        #expect(plain.guarded.covers(.garbageClean) && !plain.guarded.isRequired)
        let some = try settings(
            "{from: ., to: /app}",
            "snapshots: {before: [reset], before-acts: required}\nverify: {max-garbage: 2}\n"
        )
        #expect(some.guarded.covers(.reset) && !some.guarded.covers(.firstSync))
        #expect(some.guarded.isRequired)
        #expect(some.verify == #"{"max-garbage":2}"#)
        let none = try settings("{from: ., to: /app}", "snapshots: {before: []}\n")
        #expect(!none.guarded.covers(.reset))
        #expect(
            SettingsChange(from: plain, to: some).sentences == [
                "snapshots are taken before reset",
                "acts whose snapshot cannot be taken are not done",
                "`tandem verify` expects something else",
            ]
        )
        #expect(
            SettingsChange(from: some, to: none).sentences.first
                == "snapshots are taken before no act"
        )
    }

    @Test func `how often snapshots are taken and which are kept is said before it holds`() throws {
        let plain = try settings("{from: ., to: /app}")
        let some = try settings(
            "{from: ., to: /app}",
            "snapshots: {every: 90m, keep: {last: 3, daily: 7}}\n"
        )
        #expect(plain.snapshots.isEmpty)
        let kept = SnapshotWish.Kept(last: 3, daily: 7)
        #expect(some.snapshots == SnapshotWish(every: 5400, keep: kept))
        #expect(
            SettingsChange(from: plain, to: some).sentences == [
                "snapshots of the vm are taken every 1h30m",
                "snapshots are kept: the newest 3, 7 daily; others are forgotten, pinned ones never",
            ]
        )
        #expect(
            SettingsChange(from: some, to: plain).sentences == [
                "snapshots of the vm are taken as often as the daemon there does",
                "which snapshots are kept is left to the daemon there",
            ]
        )
        let all = try settings("{from: ., to: /app}", "snapshots: {keep: {daily: 0}}\n")
        #expect(SettingsChange(from: plain, to: all).sentences == ["all snapshots are kept"])
    }

    @Test func `a change is said in sentences, and no change in none`() throws {
        let old = try settings("{from: ., to: /app}", "workload: {container: a}\n")
        let new = try settings(
            "{from: ., to: /app, mode: push}, {from: x, to: /app/x, mode: pull}",
            "ignore: {gitignore: false, git: push, garbage: false, more-garbage: [q]}\n"
        )
        #expect(SettingsChange(from: old, to: old).isEmpty)
        #expect(
            SettingsChange(from: old, to: new).sentences == [
                ".: two-way becomes push", "x: two-way becomes pull",
                ".gitignore files no longer count", ".git goes to the vm",
                "garbage travels like other files", "garbage pattern added: q",
                "commands have no container any more",
            ]
        )
    }
}
