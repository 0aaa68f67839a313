import TandemProject
import TandemFiles
import TandemSSH
import TandemSystem
import TandemTree

/// One request about garbage, on the laptop and, where asked, on the vm.
struct GarbageWork {
    let entry: PairEntry
    let action: GarbageJob.Action
    let groups: Set<GarbageGroup>?
    let entersNodeModules: Bool
    let entersVirtualEnvironments: Bool
    /// What the pair's configuration ignores, and calls garbage.
    let ignore: IgnoreSettings
    let context: CommandContext

    private var options: GarbageOptions {
        var options = GarbageOptions()
        options.rules = .collecting(ignore.base)
        options.classifier = .init(adding: ignore.garbagePatterns)
        options.entersNodeModules = entersNodeModules
        options.entersVirtualEnvironments = entersVirtualEnvironments
        return options
    }

    /// Does it on the laptop, and on the vm where `both` says so.
    func run(both: Bool) throws -> [GarbageReport] {
        let fileSystem = RealFileSystem()
        let root = try SyncRoot.open(entry.root, on: fileSystem)
        defer { fileSystem.close(root.descriptor) }
        let scan = GarbageScan(root, on: fileSystem, options)
        let inventory = needsInventory ? try scan.inventory() : nil
        let tracked = try tracked(inventory)
        guard both else { return [try onLaptop(root, fileSystem, tracked)] }
        let shell = try context.dialer.shell(
            on: entry.destination,
            entry.connection,
            trust: .knownHosts
        )
        defer { shell.close() }
        // What git tracks on either side is garbage on neither, so the vm is asked first.
        let rules = inventory?.rules ?? ignore.base
        let knowledge = try knowledge(rules, tracked, shell)
        let laptop = try onLaptop(root, fileSystem, knowledge.tracked)
        let vm = VMGarbage(entry: entry, shell: shell)
        return [laptop, try vm.run(arguments(for: action), knowledge)]
    }

    /// Looks on the laptop alone.
    func onLaptop() throws -> GarbageReport {
        let reports = try run(both: false)
        guard let report = reports.first else {
            throw CommandError(.failed, "the laptop's garbage was not counted")
        }
        return report
    }

    /// Looks on the vm alone, by the laptop's rules.
    func onVM(by shell: any ScriptShell) throws -> GarbageReport {
        let fileSystem = RealFileSystem()
        let root = try SyncRoot.open(entry.root, on: fileSystem)
        defer { fileSystem.close(root.descriptor) }
        let inventory = try GarbageScan(root, on: fileSystem, options).inventory()
        let knowledge = try knowledge(inventory.rules, try tracked(inventory), shell)
        return try VMGarbage(entry: entry, shell: shell).run(arguments(for: .look), knowledge)
    }

    private var needsInventory: Bool {
        switch action {
        case .look, .clean: true
        case .undo, .forget: false
        }
    }

    private func tracked(_ inventory: GarbageInventory?) throws -> Set<RelativePath> {
        guard let inventory, !inventory.entries.isEmpty else { return [] }
        let question = TrackedFiles(
            shell: LocalShell(),
            root: entry.root,
            container: nil,
            side: "laptop"
        )
        return try question.find(in: inventory.repositories)
    }

    /// What the vm needs to know; asks it where it has repositories of its own.
    private func knowledge(
        _ rules: RuleSet,
        _ tracked: Set<RelativePath>,
        _ shell: any ScriptShell
    ) throws -> GarbageKnowledge {
        var knowledge = GarbageKnowledge(rules: rules, tracked: tracked)
        guard needsInventory else { return knowledge }
        let vm = VMGarbage(entry: entry, shell: shell)
        let found = try vm.run(arguments(for: .look), knowledge)
        guard found.entries > 0 else { return knowledge }
        let question = TrackedFiles(
            shell: shell,
            root: entry.destination.path,
            container: entry.receiverContainer,
            side: "vm"
        )
        knowledge.tracked.formUnion(try question.find(in: found.repositories))
        return knowledge
    }

    private func onLaptop(
        _ root: SyncRoot,
        _ fileSystem: RealFileSystem,
        _ tracked: Set<RelativePath>
    ) throws -> GarbageReport {
        let job = GarbageJob(action, options: options, groups: groups, tracked: tracked)
        let answer = try job.run(root, on: fileSystem, time: context.time)
        return GarbageReport(side: "laptop", answer)
    }

    private func arguments(for action: GarbageJob.Action) -> [String] {
        var words: [String] =
            switch action {
            case .look: []
            case .clean(let id): ["--clean", id]
            case .undo(let id): ["--undo", id]
            case .forget(let id): ["--forget", id]
            }
        for group in (groups ?? []).map(\.rawValue).sorted() { words += ["--group", group] }
        if entersNodeModules { words.append("--node-modules") }
        if entersVirtualEnvironments { words.append("--venv") }
        for pattern in ignore.garbagePatterns { words += ["--also", pattern] }
        return words
    }
}
