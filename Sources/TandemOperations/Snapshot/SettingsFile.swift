import TandemDaemon
import TandemSnapshots
import TandemSystem

/// The file in which the daemon keeps what it was told, in its state directory.
enum SettingsFile {
    static let name = "settings.json"

    /// Makes what the daemon goes by from its arguments and the file.
    ///
    /// - Parameters:
    ///   - arguments: what the daemon was started with.
    ///   - directory: its state directory, under its lock.
    /// - Returns: what keeps each change in the file.
    static func keeper(_ arguments: SnapshotArguments, in directory: String) -> SettingsKeeper {
        AtomicFile.removeLeftovers(in: directory)
        let path = "\(directory)/\(name)"
        return SettingsKeeper(arguments, stored: stored(at: path)) { bytes in
            try AtomicFile.write(bytes, to: path)
        }
    }

    private static func stored(at path: String) -> SettingsKeeper.Stored {
        do throws(SystemError) {
            let bytes = try AtomicFile.read(path, limit: SettingsText.longest)
            return bytes.map { .file($0) } ?? .nothing
        } catch {
            // Without the path: health and status say it, too.
            return .unreadable(error.reason)
        }
    }
}
