import Glibc
package import TandemFiles
import TandemSystem
import TandemTree

/// Writes what is restored to a place where nothing stands; it appears there whole or not at all.
///
/// It is made under a name of its own beside the place, made durable, and renamed without
/// replacing anything.
package final class NewPlace {
    private let fileSystem: any FileSystem
    private let parent: Directory
    private let name: [UInt8]
    private let temporary: [UInt8]
    private let place: String
    private var file: HeldDescriptor?
    private var open: (path: RelativePath, directory: Directory)?
    private var isDone = false
    /// What was restored so far.
    package private(set) var entries: UInt64 = 0
    package private(set) var bytes: UInt64 = 0

    /// Prepares a place; nothing is made yet.
    ///
    /// - Parameters:
    ///   - place: an absolute path; its parent stands, it does not.
    ///   - fileSystem: what makes every call.
    /// - Throws: `.exists` when something stands there.
    package init(_ place: String, on fileSystem: any FileSystem) throws(SnapshotError) {
        self.fileSystem = fileSystem
        self.place = place
        let bytes = Array(place.utf8)
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")), slash + 1 < bytes.count,
            (try? RelativePath.checkName(bytes[(slash + 1)...])) != nil
        else {
            throw SnapshotError(
                .invalid,
                "\(escaped(place.utf8)) is no place to restore to",
                next: "give an absolute path that does not end in /"
            )
        }
        name = Array(bytes[(slash + 1)...])
        let above = String(decoding: slash == 0 ? [bytes[0]] : bytes[..<slash], as: UTF8.self)
        temporary = Array(
            ".tandem-restore-\(String(UInt64.random(in: 0 ... .max), radix: 16))".utf8
        )
        do throws(SystemError) {
            parent = Directory(
                try SyncRoot.open(above, on: fileSystem).descriptor,
                of: fileSystem
            )
            guard try parent.status(name) == nil else {
                throw SystemError("restore", errno: EEXIST)
            }
        } catch {
            throw Self.failure(place, error)
        }
    }

    deinit {
        if !isDone { Self.clean(parent, temporary) }
    }

    private static func clean(_ parent: Directory, _ name: [UInt8]) {
        try? parent.removeTree(name)
    }

    /// Writes the next thing.
    package func take(_ event: SnapshotEvent) throws(SnapshotError) {
        do throws(SystemError) {
            try write(event)
        } catch {
            throw Self.failure(place, error)
        }
    }

    private func write(_ event: SnapshotEvent) throws(SystemError) {
        switch event {
        case .directory(let path):
            entries += 1
            if path.isRoot { return try parent.makeDirectory(temporary, mode: 0o777) }
            try directory(of: path).makeDirectory(path.name, mode: 0o777)
        case .symbolicLink(let path, let target):
            entries += 1
            try directory(of: path).makeLink(fileName(path), target: target)
        case .file(let path, let executable, _, _):
            entries += 1
            let directory = try directory(of: path)
            file = try directory.createFile(fileName(path), mode: executable ? 0o777 : 0o666)
        case .data(let data):
            bytes += UInt64(data.count)
            guard let raw = file?.raw else { return }
            try fileSystem.writeAll(raw, Array(data))
        case .endOfFile: file = nil
        }
    }

    private func fileName(_ path: RelativePath) -> [UInt8] {
        path.isRoot ? temporary : path.name
    }

    /// The open directory that holds a path.
    private func directory(of path: RelativePath) throws(SystemError) -> Directory {
        guard let above = path.parent else { return parent }
        if let open, open.path == above { return open.directory }
        let opened = try parent.directory(temporary).beneath(above)
        open = (above, opened)
        return opened
    }

    /// Makes everything durable and lets it appear.
    package func finish() throws(SnapshotError) {
        do throws(SystemError) {
            try fileSystem.syncFileSystem(parent.raw)
            try parent.rename(temporary, to: parent, name, .noReplace)
            isDone = true
            try parent.sync()
        } catch {
            throw Self.failure(place, error)
        }
    }

    private static func failure(_ place: String, _ error: SystemError) -> SnapshotError {
        let shown = escaped(place.utf8)
        switch error.errno {
        case EEXIST:
            return SnapshotError(
                .exists,
                "something stands at \(shown) already, and a restore never replaces anything",
                next: "give a place where nothing stands"
            )
        case ENOENT, ENOTDIR:
            return SnapshotError(
                .notFound,
                "the directory that shall hold \(shown) is not there",
                next: "make it, or give another place"
            )
        default:
            return SnapshotError(
                .failed,
                "cannot restore to \(shown): \(error)",
                next: "check the room there and who may write"
            )
        }
    }
}
