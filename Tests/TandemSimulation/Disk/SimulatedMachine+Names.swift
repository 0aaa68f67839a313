import Glibc
import TandemFiles
import TandemSystem

/// Renaming and removing, with the errors of the Linux calls (man 2 rename, unlink).
extension SimulatedMachine {
    typealias NamedPlace = (directory: UInt64, name: [UInt8])

    mutating func rename(
        _ source: NamedPlace,
        _ target: NamedPlace,
        _ how: RenameHow
    ) throws(SystemError) {
        let moved = try existing(source)
        let standing = try find(target)
        if how == .noReplace && standing != nil { throw failure(EEXIST, target.name) }
        if how == .exchange {
            guard settings.canExchange else { throw failure(EINVAL, source.name) }
            guard let standing else { throw failure(ENOENT, target.name) }
            return try exchange(source, moved, target, standing)
        }
        guard moved != standing else { return }
        if try isInside(target.directory, moved) { throw failure(EINVAL, source.name) }
        if let standing, try isInside(source.directory, standing) {
            throw failure(ENOTEMPTY, target.name)
        }
        if let standing { try checkReplacing(standing, by: moved, target.name) }
        let now = now()
        image.nodes[moved]?.changed = now
        change(
            [
                .init(directory: source.directory, name: source.name, node: nil),
                .init(directory: target.directory, name: target.name, node: moved),
            ],
            at: now
        )
    }

    private mutating func exchange(
        _ source: NamedPlace,
        _ moved: UInt64,
        _ target: NamedPlace,
        _ standing: UInt64
    ) throws(SystemError) {
        if try isInside(target.directory, moved) { throw failure(EINVAL, source.name) }
        if try isInside(source.directory, standing) { throw failure(EINVAL, source.name) }
        let now = now()
        image.nodes[moved]?.changed = now
        image.nodes[standing]?.changed = now
        change(
            [
                .init(directory: source.directory, name: source.name, node: standing),
                .init(directory: target.directory, name: target.name, node: moved),
            ],
            at: now
        )
    }

    private func checkReplacing(
        _ standing: UInt64,
        by moved: UInt64,
        _ name: [UInt8]
    ) throws(SystemError) {
        let (old, new) = (try node(standing), try node(moved))
        if old.isDirectory && !new.isDirectory { throw failure(EISDIR, name) }
        if !old.isDirectory && new.isDirectory { throw failure(ENOTDIR, name) }
        if old.isDirectory && !old.entries.isEmpty { throw failure(ENOTEMPTY, name) }
    }

    /// Whether a directory is another one or lies below it.
    private func isInside(_ directory: UInt64, _ other: UInt64) throws(SystemError) -> Bool {
        guard try node(other).isDirectory else { return false }
        var pending = [other]
        while let number = pending.popLast() {
            if number == directory { return true }
            pending += try node(number).entries.values.filter {
                image.nodes[$0]?.isDirectory == true
            }
        }
        return false
    }

    mutating func remove(_ place: NamedPlace, directory: Bool) throws(SystemError) {
        let node = try node(try existing(place))
        if directory {
            guard node.isDirectory else { throw failure(ENOTDIR, place.name) }
            guard node.entries.isEmpty else { throw failure(ENOTEMPTY, place.name) }
        } else if node.isDirectory {
            throw failure(EISDIR, place.name)
        }
        change([.init(directory: place.directory, name: place.name, node: nil)], at: now())
    }
}
