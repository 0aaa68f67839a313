import Glibc
import TandemSystem
import TandemTree

/// Tandem's own directory in a root: `.tandem`, 0700, ignoring itself.
///
/// ```
/// .tandem/.gitignore          *
/// .tandem/lineage/<pair>      what the two sides agreed on last
/// .tandem/stage/<pair>/…      content on its way in, and the journal of a swap pass
/// .tandem/shelf/<pair>/…      what was displaced, under opaque names, and its catalogue
/// .tandem/garbage/<batch>/…   garbage that was cleaned, under opaque names, and its list
/// ```
struct PrivateArea: Sendable {
    /// A place in the area.
    enum Section: String, Sendable {
        case lineage, stage, shelf, garbage
    }

    /// The name no entry may have.
    static let name = Array(".tandem".utf8)
    private static let ignoreName = Array(".gitignore".utf8)
    private static let ignoreText = Array("*\n".utf8)
    private static let privateMode: UInt32 = 0o700
    private static let othersMayEnter: UInt16 = 0o077
    private static let othersMayWrite: UInt16 = 0o022

    private let directory: Directory

    /// Opens the area, making it where it is missing and `create` says so; nil when it is missing.
    ///
    /// - Throws: `.notPrivate` when it is another user's or others may write in it.
    static func open(
        _ root: SyncRoot,
        of fileSystem: any FileSystem,
        create: Bool = true
    ) throws(ApplyError) -> PrivateArea? {
        do throws(SystemError) {
            let top = Directory(try fileSystem.duplicate(root.descriptor), of: fileSystem)
            if try top.status(name) == nil {
                guard create else { return nil }
                try make(name, in: top)
            }
            let area = PrivateArea(directory: try top.directory(name))
            guard try area.isOwn() else {
                throw SystemError("use", ".tandem", errno: EPERM)
            }
            if create { try area.writeIgnoreFile() }
            return area
        } catch {
            guard error.errno == EPERM || error.errno == ELOOP || error.errno == ENOTDIR else {
                throw ApplyError("open the private area of \(root.path)", error)
            }
            throw ApplyError(
                .notPrivate,
                "\(root.path)/.tandem must be a directory of this user that nobody else may write;"
                    + " move it away and try again",
                cause: error
            )
        }
    }

    /// Opens a section of the area, made where missing; with a pair its part of it.
    func section(_ section: Section, pair: [UInt8]? = nil) throws(SystemError) -> Directory {
        var found = try Self.open(Array(section.rawValue.utf8), in: directory)
        if let pair { found = try Self.open(hexadecimal(pair), in: found) }
        return found
    }

    static func open(_ name: [UInt8], in parent: Directory) throws(SystemError) -> Directory {
        do throws(SystemError) {
            return try parent.directory(name)
        } catch {
            guard error.errno == ENOENT else { throw error }
            try make(name, in: parent)
            return try parent.directory(name)
        }
    }

    private static func make(_ name: [UInt8], in parent: Directory) throws(SystemError) {
        do throws(SystemError) {
            try parent.makeDirectory(name, mode: privateMode)
            try parent.sync()
        } catch {
            guard error.errno == EEXIST else { throw error }
        }
    }

    /// Whether nobody else can change what lies here; closes it to readers where it is open.
    private func isOwn() throws(SystemError) -> Bool {
        let status = try directory.fileSystem.status(of: directory.raw)
        guard status.uid == geteuid(), status.mode & Self.othersMayWrite == 0 else { return false }
        if status.mode & Self.othersMayEnter != 0 {
            try directory.fileSystem.setMode(directory.raw, Self.privateMode)
        }
        return true
    }

    private func writeIgnoreFile() throws(SystemError) {
        guard try directory.status(Self.ignoreName) == nil else { return }
        do throws(SystemError) {
            let file = try directory.createFile(Self.ignoreName, mode: 0o600)
            try directory.fileSystem.writeAll(file.raw, Self.ignoreText)
        } catch {
            guard error.errno == EEXIST else { throw error }
        }
    }
}

/// Lower-case hexadecimal digits of bytes, as bytes.
func hexadecimal(_ bytes: some Collection<UInt8>) -> [UInt8] {
    let digits = Array("0123456789abcdef".utf8)
    return bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 0xF)]] }
}
