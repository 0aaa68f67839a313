import Synchronization

/// Keeps what the daemon goes by: its arguments, and what a laptop told it in their place.
package final class SettingsKeeper: Sendable {
    /// What was kept of an earlier run.
    package enum Stored: Hashable, Sendable {
        case nothing
        case file([UInt8])
        /// It is there and cannot be read, with the reason as the end of a sentence.
        case unreadable(String)
    }

    private let state: Mutex<SettingsReport>
    /// Held while the file is written, so that the last one told is the one kept.
    private let saving = Mutex<Void>(())
    private let save: @Sendable ([UInt8]) throws -> Void
    private let observer = Mutex<(@Sendable () -> Void)?>(nil)

    /// Goes by what was kept, else by the arguments.
    ///
    /// - Parameters:
    ///   - arguments: what the daemon was started with.
    ///   - stored: what an earlier run kept.
    ///   - save: keeps the bytes durably; told before anything takes effect.
    package init(
        _ arguments: SnapshotArguments,
        stored: Stored = .nothing,
        save: @escaping @Sendable ([UInt8]) throws -> Void = { _ in }
    ) {
        self.save = save
        var report = SettingsReport(arguments: arguments)
        switch stored {
        case .nothing: break
        case .unreadable(let reason): report.damage = reason
        case .file(let bytes):
            do throws(SettingsDamage) {
                report.told = try SettingsText.decode(bytes)
            } catch {
                report.damage = error.description
            }
        }
        state = Mutex(report)
    }

    /// What holds now.
    package var report: SettingsReport { state.withLock { $0 } }

    /// Names who is called after each change, on the thread that made it.
    package func whenChanged(_ body: @escaping @Sendable () -> Void) {
        observer.withLock { $0 = body }
    }

    /// Keeps other settings, then goes by them; the same ones again cost nothing.
    ///
    /// - Throws: `SnapshotError` where they cannot be kept; what held before still does.
    package func tell(_ settings: SnapshotSettings) throws(SnapshotError) {
        guard settings.isValid else {
            throw SnapshotError(.failed, "a number of the settings is out of its range")
        }
        let hasChanged = try saving.withLock { _ throws(SnapshotError) in
            let now = report
            guard settings != now.told || now.damage != nil else { return false }
            do {
                try save(SettingsText.encode(settings))
            } catch {
                throw SnapshotError(
                    .failed,
                    "the settings cannot be kept, so those before still hold: \(error)",
                    next: "check the disk of the snapshot daemon's --state and who may write it"
                )
            }
            state.withLock { ($0.told, $0.damage) = (settings, nil) }
            return true
        }
        if hasChanged { observer.withLock { $0 }?() }
    }

    /// What a prune without rules of its own keeps.
    ///
    /// - Throws: `SnapshotError` where what was told cannot be read: to guess might lose a snapshot.
    package func rules() throws(SnapshotError) -> RetentionPolicy {
        let report = report
        if let keep = report.keep { return keep }
        throw SnapshotError(
            .damaged,
            "the snapshot daemon's settings.json is damaged (\(report.damage ?? "")), so what to keep "
                + "is not known and nothing is pruned",
            next: "`tandem down` and `tandem up` tell it again; where tandem.yml has no such "
                + "settings, remove settings.json from its --state directory"
        )
    }
}
