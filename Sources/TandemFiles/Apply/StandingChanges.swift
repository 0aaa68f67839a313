import Glibc
import TandemSystem
package import TandemTree

/// Which changes of a batch stand in the root, after a crash cut its swap pass off; durable then.
///
/// Every file is hashed: what is said to stand goes into the laptop's archive.
package func standing(
    _ planned: [Difference],
    in root: SyncRoot,
    of fileSystem: any FileSystem
) throws(ApplyError) -> [Difference] {
    let time = BatchTime().source
    let looker = Looker(fileSystem: fileSystem, time: time, window: .unknown)
    var parents = DirectoryCache(base: root.descriptor, of: fileSystem)
    var found: [Difference] = []
    do throws(SystemError) {
        for change in planned where try stands(change, &parents, looker) { found.append(change) }
        if !found.isEmpty { try fileSystem.syncFileSystem(root.descriptor) }
    } catch {
        throw ApplyError("look at what a batch left in \(root.path)", error)
    }
    return found
}

private func stands(
    _ change: Difference,
    _ parents: inout DirectoryCache,
    _ looker: Looker
) throws(SystemError) -> Bool {
    do throws(SystemError) {
        let parent = try parents.directory(change.path.parent ?? .root)
        return try looker.look(in: parent, change.path.name).matches(change.new)
    } catch {
        // Without its directory an entry is absent; what cannot be read is not vouched for.
        switch error.errno {
        case ENOENT, ENOTDIR, ELOOP: return change.new == nil
        case EACCES, EPERM: return false
        default: throw error
        }
    }
}
