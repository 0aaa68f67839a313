import Glibc
import TandemSystem
package import TandemTree

/// Bringing an item back into the root.
extension Shelf {
    /// Puts a copy of an item at a path where nothing stands; the item stays on the shelf.
    ///
    /// - Throws: `.noSuchItem` when there is none of that number or it is damaged, `.exists` when
    ///   something stands at the path; `.system`, with ENOENT when the directory above is missing.
    package func restore(_ id: UInt64, to path: RelativePath) throws(ApplyError) {
        guard (try? RelativePath(validating: path.bytes)) != nil, let parentPath = path.parent
        else {
            throw ApplyError(.exists, "\(path) is not a place to restore to")
        }
        guard let item = item(id) else {
            throw ApplyError(.noSuchItem, "no item \(id) is on the shelf of \(root.path)")
        }
        let name = Array("restore-\(id)-\(UInt32.random(in: 0...UInt32.max))".utf8)
        defer { try? stage.removeTree(name) }
        do throws(SystemError) {
            let parent = try Directory.beneath(root.descriptor, parentPath, of: fileSystem)
            try copy(item, to: name)
            try stage.rename(name, to: parent, path.name, .noReplace)
            try parent.sync()
        } catch {
            switch error.errno {
            case EEXIST:
                throw ApplyError(.exists, "something stands at \(path)", cause: error)
            case EBADMSG:
                throw ApplyError(.noSuchItem, "item \(id) is damaged", cause: error)
            default: throw ApplyError("restore item \(id) to \(path)", error)
            }
        }
    }

    private func copy(_ item: ShelfItem, to name: [UInt8]) throws(SystemError) {
        switch item.state.kind {
        case .file: try copyFile(item, to: name)
        case .link: try stage.makeLink(name, target: try directory.readLink(item.object))
        case .directory: try copyDirectory(item, to: name)
        case .other: throw SystemError("restore", errno: EOPNOTSUPP)
        }
    }

    private func copyFile(_ item: ShelfItem, to name: [UInt8]) throws(SystemError) {
        let source = try directory.openFile(item.object)
        let mode = item.state.executable ? Stage.executableMode : Stage.fileMode
        let target = try stage.createFile(name, mode: mode)
        let size = try fileSystem.status(of: source.raw).size
        try fileSystem.copyContent(from: source.raw, to: target.raw, size: size)
        guard try fileSystem.digest(of: target.raw).digest == item.state.digest else {
            throw SystemError("restore", errno: EBADMSG)
        }
        try fileSystem.sync(target.raw)
    }

    private func copyDirectory(_ item: ShelfItem, to name: [UInt8]) throws(SystemError) {
        let pack = name + [UInt8(ascii: "p")]
        defer { try? stage.removeTree(pack) }
        var place = directory
        var object = item.object
        if !item.isPacked {
            _ = try writePack(of: item.object, as: pack)
            place = stage
            object = pack
        }
        let source = try place.openFile(object)
        guard var reader = try PackReader(fileSystem, from: source.raw) else {
            throw SystemError("restore", errno: EBADMSG)
        }
        try stage.makeDirectory(name, mode: Stage.directoryMode)
        try reader.unpack(into: try stage.directory(name))
    }
}
