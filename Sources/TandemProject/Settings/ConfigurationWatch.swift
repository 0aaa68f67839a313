import Synchronization
package import TandemConfiguration
import TandemDaemon
import TandemSystem
package import TandemTree

/// A pair's configuration as it takes effect, from one look at its files to the next.
///
/// `tandem.yml` takes effect only as approved (`ConfigurationTrust`); `tandem.local.yml`, which
/// never travels, at once. A file that is wrong changes nothing. It has no thread of its own: the
/// agent calls `poll` every second or two, and tells it what batches did to `tandem.yml`.
///
/// ```swift
/// let watch = ConfigurationWatch(root: root, stateDirectory: state, mode: .twoWay)
/// use(try watch.start())
/// // before a batch of the vm's is applied on the laptop, and after the user's own went:
/// try watch.applied(from: .vm, digest); try watch.edited(on: .laptop, digest)
/// // now and then:
/// if let settings = watch.poll().changed { live.update(settings.live); hooks.update(settings) }
/// ```
package final class ConfigurationWatch: Sendable {
    /// What a look found.
    package enum Outcome: Hashable, Sendable {
        /// As before.
        case unchanged
        /// Other settings are in force, and this is what differs.
        case changed(ProjectSettings, SettingsChange)
        /// Content waits for `tandem config approve`; what was in force stays so.
        case waiting(ConfigurationTrust.Pending)
        /// A file is wrong; what was in force stays so.
        case wrong(ConfigurationError)

        /// The settings that are new in force, if any are.
        package var changed: ProjectSettings? {
            if case .changed(let settings, _) = self { settings } else { nil }
        }
    }

    /// How the files stand to what is in force, as of the last look.
    package enum Standing: Hashable, Sendable {
        /// All of them is in force.
        case inForce
        /// `tandem.yml` holds something else, which waits for approval.
        case waiting(ConfigurationTrust.Pending)
        /// A file is wrong.
        case wrong(ConfigurationError)
    }

    private struct State {
        var trust = ConfigurationTrust()
        /// The approved content; nil where no file is in force.
        var content: [UInt8]?
        var settings: ProjectSettings
        /// What the last look found, so that it is said once.
        var seen: Seen?
        var standing = Standing.inForce
    }

    private struct Seen: Hashable {
        var shared: Digest?
        var local: Digest?
        var trust: ConfigurationTrust
    }

    private let files: ConfigurationFiles
    private let store: TrustStore
    private let mode: SyncMode
    private let state: Mutex<State>

    /// Makes a watch; nothing is read before `start`.
    ///
    /// - Parameters:
    ///   - root: the laptop root, absolute.
    ///   - stateDirectory: the pair's, which is there.
    ///   - mode: what the pair was made with; it holds where there is no file.
    package init(root: String, stateDirectory: String, mode: SyncMode) {
        files = ConfigurationFiles(root: root)
        store = TrustStore(stateDirectory: stateDirectory)
        self.mode = mode
        state = Mutex(State(settings: ProjectSettings(withoutFile: mode)))
    }

    /// What is in force.
    package var settings: ProjectSettings { state.withLock(\.settings) }

    /// What a person has to look at, for as long as it is so; an outcome says it only once.
    package var standing: Standing { state.withLock(\.standing) }

    /// Which content is approved, and what waits.
    package var trust: ConfigurationTrust { state.withLock(\.trust) }

    /// Reads everything for the first time; what changed while nobody looked waits, unless nothing
    /// of the vm's can arrive.
    ///
    /// - Parameter isAgent: whether this is the process that is told what batches bring; another
    ///   one only looks, and leaves it to the agent to say where content came from.
    /// - Returns: `changed` with the settings to begin with, `waiting` or `wrong`; whichever it is,
    ///   `settings` has what is in force.
    /// - Throws: `SystemError` when a file cannot be read, or the trust cannot be kept; in the agent
    ///   `ConfigurationError` when what is in force cannot be told: to sync by other directions and
    ///   patterns than were approved could write where nothing was to be written.
    package func start(isAgent: Bool = true) throws -> Outcome {
        try state.withLock { state in
            let kept = store.load()
            (state.trust, state.content) = kept ?? (ConfigurationTrust(), nil)
            let before = state.trust
            let shared = try files.shared()
            // In force from before, so that a file that is wrong or waits does not undo it.
            do throws(ConfigurationError) {
                let local = try? files.local()
                state.settings = try read(state.content, local)
                // The first file of a pair: before it, nothing was approved that could hold.
                if kept == nil, let shared, let error = error(in: shared, local) { throw error }
            } catch {
                if isAgent { throw error }
            }
            let digest = shared.map(Configuration.digest)
            if !state.trust.allows(digest) {
                if state.settings.receives(files.sharedPath) {
                    state.trust.found(digest)
                } else if isRight(shared) {
                    state.trust.edited(on: .laptop, digest)
                }
            }
            if isAgent || state.trust.approved != before.approved {
                try keep(before, &state, shared)
            }
            return try look(&state, isFirst: true)
        }
    }

    /// A batch of the vm's is about to bring content; call it before the batch is applied.
    package func applied(from side: Side, _ digest: Digest?) throws -> Outcome {
        try change { trust, _ in trust.applied(from: side, digest) }
    }

    /// The user's own change of the file went to the vm, or was seen to be the laptop's own.
    package func edited(on side: Side, _ digest: Digest?) throws -> Outcome {
        try change { trust, shared in
            // What is wrong is not approved; the next edit mends it.
            guard digest == shared.map(Configuration.digest), isRight(shared) else { return }
            trust.edited(on: side, digest)
        }
    }

    /// Looks at both files, and at what `tandem config approve` may have approved meanwhile.
    package func poll() -> Outcome {
        state.withLock { state in
            loadTrust(&state)
            return (try? look(&state, isFirst: false)) ?? .unchanged
        }
    }

    private func change(
        _ body: (inout ConfigurationTrust, [UInt8]?) -> Void
    ) throws -> Outcome {
        try state.withLock { state in
            // What a person approved since the last look must not be written over.
            loadTrust(&state)
            let shared = try files.shared()
            let before = state.trust
            body(&state.trust, shared)
            try keep(before, &state, shared)
            return try look(&state, isFirst: false)
        }
    }

    /// Takes over what another process approved; a trust that cannot be read says less than the one
    /// in memory.
    private func loadTrust(_ state: inout State) {
        guard let (trust, content) = store.load(), trust != state.trust else { return }
        (state.trust, state.content) = (trust, content)
    }

    /// Keeps a trust that changed, and the content where the trust has come to approve it.
    private func keep(
        _ before: ConfigurationTrust,
        _ state: inout State,
        _ shared: [UInt8]?
    ) throws(SystemError) {
        guard state.trust != before else { return }
        var fresh: [UInt8]?
        if state.trust.approved != before.approved {
            if let shared, state.trust.allows(Configuration.digest(of: shared)) {
                fresh = shared
            } else if state.trust.approved != nil {
                // Approved content that is no longer there cannot be put in force.
                state.trust = before
                return
            }
            state.content = fresh
        }
        try store.save(state.trust, content: fresh)
    }

    private func look(_ state: inout State, isFirst: Bool) throws(SystemError) -> Outcome {
        let shared = try files.shared()
        let local = try files.local()
        let digest = shared.map(Configuration.digest)
        let seen = Seen(
            shared: digest,
            local: local.map(Configuration.digest),
            trust: state.trust
        )
        guard seen != state.seen else { return .unchanged }
        state.seen = seen
        let old = state.settings
        do throws(ConfigurationError) {
            state.settings = try read(state.content, local)
        } catch {
            state.standing = .wrong(error)
            return .wrong(error)
        }
        state.standing = standing(of: shared, digest, local, state.trust)
        let change = SettingsChange(from: old, to: state.settings)
        if !isFirst && !change.isEmpty { return .changed(state.settings, change) }
        switch state.standing {
        case .inForce: return isFirst ? .changed(state.settings, change) : .unchanged
        case .waiting(let pending): return .waiting(pending)
        case .wrong(let error): return .wrong(error)
        }
    }

    private func standing(
        of shared: [UInt8]?,
        _ digest: Digest?,
        _ local: [UInt8]?,
        _ trust: ConfigurationTrust
    ) -> Standing {
        if trust.allows(digest) { return .inForce }
        if let shared, let error = error(in: shared, local) { return .wrong(error) }
        return .waiting(
            trust.pending ?? ConfigurationTrust.Pending(digest: digest, origin: .unknown)
        )
    }

    private func read(
        _ content: [UInt8]?,
        _ local: [UInt8]?
    ) throws(ConfigurationError) -> ProjectSettings {
        guard let content else { return ProjectSettings(withoutFile: mode) }
        return ProjectSettings(try Configuration.read(content, local: local))
    }

    private func isRight(_ shared: [UInt8]?) -> Bool {
        shared.map { error(in: $0, try? files.local()) == nil } ?? true
    }

    private func error(in shared: [UInt8], _ local: [UInt8]?) -> ConfigurationError? {
        do throws(ConfigurationError) {
            _ = try Configuration.readForUse(shared, local: local)
            return nil
        } catch {
            return error
        }
    }
}
