package import TandemConfiguration
package import TandemTree

/// What of a pair's configuration is in force: what the session and the hooks are given.
package struct ProjectSettings: Hashable, Sendable {
    /// The mode of one path and all below it that has none of its own.
    package struct PathMode: Hashable, Sendable {
        package var path: RelativePath
        package var mode: SyncMode

        package init(_ path: RelativePath, _ mode: SyncMode) {
            self.path = path
            self.mode = mode
        }
    }

    /// The root's mode first, then in the order of paths.
    package var modes: [PathMode]
    package var ignore: IgnoreSettings
    package var hooks: [Hook]
    package var workload: Workload?
    package var guarded = GuardedActs()
    package var snapshots = SnapshotWish()
    /// What `tandem verify` expects, as a JSON object; nil for Tandem's own deployment.
    package var verify: String?

    /// What holds where there is no file.
    ///
    /// - Parameter mode: what the pair was made with.
    package init(withoutFile mode: SyncMode) {
        modes = [PathMode(.root, mode)]
        ignore = IgnoreSettings()
        hooks = []
        workload = nil
    }

    /// What a configuration says.
    package init(_ configuration: Configuration) {
        modes = configuration.modes.map { PathMode($0.path, $0.mode) }
        ignore = configuration.ignoreSettings
        workload = configuration.workload.map {
            Workload(container: $0.container.value, directory: $0.directory?.value)
        }
        guarded = GuardedActs(
            acts: configuration.snapshots.before.map { Set($0.map(\.value)) },
            isRequired: configuration.snapshots.beforeActs?.value == .required
        )
        snapshots = SnapshotWish(configuration.snapshots)
        verify = configuration.verify?.json
        hooks = configuration.hooks.enumerated().map { number, hook in
            Hook(
                number: number,
                name: hook.name?.value,
                patterns: hook.when.map(\.value),
                side: hook.on.value,
                command: hook.run.value,
                timeoutSeconds: hook.timeout.value
            )
        }
    }

    /// The mode of the root.
    package var rootMode: SyncMode { modes.first?.mode ?? .twoWay }

    /// The modes as the session takes them; `.git`, where it travels, goes to the vm only.
    package var modeMap: ModeMap {
        var map = ModeMap(rootMode)
        for part in modes { map.set(part.mode, at: part.path) }
        if ignore.git == .push {
            let git = RelativePath(trusted: Array(".git".utf8))
            for path in modes.map(\.path).filter({ $0.isDescendant(of: git) }) + [git] {
                map.set(Self.toVM(mode(of: path)), at: path)
            }
        }
        return map
    }

    /// The modes of a push, which takes nothing from the vm.
    package var pushModes: ModeMap {
        var map = ModeMap(Self.toVM(rootMode))
        for part in modes { map.set(Self.toVM(part.mode), at: part.path) }
        return map
    }

    private static func toVM(_ mode: SyncMode) -> SyncMode {
        switch mode {
        case .twoWay, .push: .push
        case .mirror: .mirror
        case .pull, .off: .off
        }
    }

    /// The mode that holds at a path.
    package func mode(of path: RelativePath) -> SyncMode {
        modes.last { path == $0.path || path.isDescendant(of: $0.path) }?.mode ?? .twoWay
    }

    /// Whether the vm's changes of a path can arrive on the laptop.
    package func receives(_ path: RelativePath) -> Bool {
        switch mode(of: path) {
        case .twoWay, .pull: true
        case .push, .mirror, .off: false
        }
    }
}

/// Where commands run on the vm.
package struct Workload: Hashable, Sendable {
    /// The Podman container.
    package var container: String
    /// The root as the container sees it; nil for the container's own working directory.
    package var directory: String?

    package init(container: String, directory: String? = nil) {
        self.container = container
        self.directory = directory
    }
}

/// Before which acts a snapshot of the vm's tree is taken.
package struct GuardedActs: Hashable, Sendable {
    /// Nil for all of them.
    package var acts: Set<ConfiguredMoment>?
    /// Whether an act is not done where no snapshot can be taken.
    package var isRequired: Bool

    package init(acts: Set<ConfiguredMoment>? = nil, isRequired: Bool = false) {
        self.acts = acts
        self.isRequired = isRequired
    }

    /// Whether one is taken before this act.
    package func covers(_ act: ConfiguredMoment) -> Bool { acts?.contains(act) ?? true }
}
