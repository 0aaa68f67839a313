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

    /// Whether every path has the same mode.
    package var isUniform: Bool { modes.allSatisfy { $0.mode == rootMode } }

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
