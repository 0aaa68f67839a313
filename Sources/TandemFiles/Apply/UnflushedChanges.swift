package import TandemSystem
package import TandemTree

/// What other programs changed in a root since it was made durable last, as far as it was seen.
///
/// Before both sides agree on such a value it must be durable, and nobody else flushes it. Flushing
/// the file system also waits for what others write there; where few files changed they are asked
/// for alone.
package struct UnflushedChanges: Sendable {
    /// Beyond it one flush of the file system costs less: each file waits for the disk by itself.
    private static let capacity = 4

    private var paths: Set<RelativePath> = []
    /// Before the first flush, and after too many changes, no list says what it is.
    private var isEverything = true

    /// Nothing was flushed yet.
    package init() {}

    /// Notes what a look found changed.
    package mutating func add(_ found: [Difference]) {
        guard !isEverything else { return }
        guard paths.count + found.count <= Self.capacity else { return addEverything() }
        for item in found { paths.insert(item.path) }
    }

    /// Notes that anything may have changed.
    package mutating func addEverything() {
        isEverything = true
        paths = []
    }

    /// Makes all of it durable.
    ///
    /// - Throws: what the disk says; then nothing counts as flushed.
    package mutating func flush(
        _ root: SyncRoot,
        on fileSystem: any FileSystem
    ) throws(SystemError) {
        if isEverything || !flushEach(below: root, fileSystem) {
            isEverything = true
            try fileSystem.syncFileSystem(root.descriptor)
        }
        isEverything = false
        paths = []
    }

    /// Flushes each file and the directory its name is in; false when one is not there any more, or
    /// cannot be flushed: then the file system is asked as a whole, and says what is wrong.
    private func flushEach(below root: SyncRoot, _ fileSystem: any FileSystem) -> Bool {
        var directories: Set<RelativePath> = []
        do throws(SystemError) {
            for path in paths {
                let parent = try Directory.beneath(
                    root.descriptor,
                    path.parent ?? .root,
                    of: fileSystem
                )
                switch try parent.status(path.name)?.type {
                case .file:
                    let file = try parent.openFile(path.name)
                    try fileSystem.sync(file.raw)
                case .directory: try parent.directory(path.name).sync()
                default: break
                }
                if directories.insert(path.parent ?? .root).inserted { try parent.sync() }
            }
            return true
        } catch {
            return false
        }
    }
}
