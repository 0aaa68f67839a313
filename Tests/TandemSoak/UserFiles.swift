import CTandem
import Glibc
import TandemTestSupport
import TandemTree

/// A user's hands on one side's root: what programs do to files, each noted in the ledger.
///
/// A value counts as seen only if the operation took away exactly the file that was read: a file
/// that sync put there in between is still owed to its writer.
struct UserFiles {
    let root: String
    /// A directory beside the root, on the same file system.
    let trash: String
    let side: Side
    let ledger: Ledger
    var random: SeededGenerator
    private(set) var serial = 0

    init(root: String, trash: String, side: Side, ledger: Ledger, seed: UInt64) {
        self.root = root
        self.trash = trash
        self.side = side
        self.ledger = ledger
        random = SeededGenerator(seed: seed)
    }

    func absolute(_ path: String) -> String { "\(root)/\(path)" }

    /// A number no other call on this side gives.
    mutating func nextSerial() -> Int {
        serial += 1
        return serial
    }

    /// Bytes that no other call gives.
    mutating func content(_ size: Int? = nil) -> [UInt8] {
        let size = size ?? (random.chance(300) ? 1 << 21 : random.below(3_000))
        var bytes = Array("value \(nextSerial()) of the \(side)\n".utf8)
        // Half of it repeats itself, as text does.
        let line = Array("line \(serial) \(random.next())\n".utf8)
        let isNoise = random.chance(2)
        while bytes.count < size {
            if isNoise {
                withUnsafeBytes(of: random.next()) { bytes.append(contentsOf: $0) }
            } else {
                bytes.append(contentsOf: line)
            }
        }
        return bytes
    }

    // MARK: Writing

    /// Writes a new file in place; nil when it is there already, or its directory is not.
    @discardableResult
    mutating func create(_ path: String, _ bytes: [UInt8]) -> Bool {
        let file = open(absolute(path), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard file >= 0 else { return false }
        defer { close(file) }
        note(bytes, at: path)
        return Self.write(bytes, to: file)
    }

    /// Writes a temporary file and renames it over the path, as careful programs save.
    mutating func replace(_ path: String, through name: String? = nil, _ bytes: [UInt8]) -> Bool {
        let folder = path.split(separator: "/").dropLast().joined(separator: "/")
        let temporary = "\(folder)/\(name ?? "save\(side)\(nextSerial()).tmp")"
        guard create(temporary, bytes) else { return false }
        let held = Held(absolute(path))
        guard rename(absolute(temporary), absolute(path)) == 0 else {
            remove(temporary)
            return false
        }
        seen(held)
        return true
    }

    /// Truncates a file and writes it anew, as editors without a backup do.
    mutating func overwrite(_ path: String, _ bytes: [UInt8]) -> Bool {
        inPlace(path, O_RDWR) { _ in bytes }
    }

    /// Adds to a file.
    mutating func append(_ path: String) -> Bool {
        let line = Array("appended \(nextSerial()) by the \(side)\n".utf8)
        return inPlace(path, O_RDWR | O_APPEND) { $0 + line }
    }

    /// Cuts a file to half, and ends it with a line of its own.
    mutating func shorten(_ path: String) -> Bool {
        let line = Array("shortened \(nextSerial()) by the \(side)\n".utf8)
        return inPlace(path, O_RDWR) { $0.prefix($0.count / 2) + line }
    }

    private func inPlace(_ path: String, _ flags: Int32, _ new: ([UInt8]) -> [UInt8]) -> Bool {
        let file = open(absolute(path), flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        guard let old = Held.read(file) else { return false }
        let bytes = new(old)
        note(bytes, at: path)
        let isAppended = flags & O_APPEND != 0
        if !isAppended { ftruncate(file, 0) }
        guard Self.write(isAppended ? Array(bytes[old.count...]) : bytes, to: file) else {
            return false
        }
        ledger.superseded(ContentHasher.digest(of: old))
        return true
    }

    private func note(_ bytes: [UInt8], at path: String) {
        ledger.willWrite(ContentHasher.digest(of: bytes), by: side, at: path)
    }

    static func write(_ bytes: [UInt8], to file: Int32) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes {
                Glibc.write(file, $0.baseAddress, $0.count)
            }
            guard count > 0 else { return false }
            done += count
        }
        return true
    }

    // MARK: Taking away

    @discardableResult
    func remove(_ path: String) -> Bool {
        let held = Held(absolute(path))
        guard unlink(absolute(path)) == 0 else { return false }
        seen(held)
        return true
    }

    /// Notes what an operation took away, if it was the file that was held.
    func seen(_ held: Held?) {
        if let digest = held?.digestIfGone { ledger.superseded(digest) }
    }

    /// Removes a directory file by file, as `rm -r` does.
    func removeTree(_ path: String) {
        for name in Self.names(absolute(path)) {
            let child = "\(path)/\(name)"
            if !remove(child) { removeTree(child) }
        }
        rmdir(absolute(path))
    }

    /// Moves a directory out of the root at once, as a file manager's trash does, and empties it.
    mutating func throwAway(_ path: String) -> Bool {
        let place = "\(trash)/\(side)\(nextSerial())"
        guard rename(absolute(path), place) == 0 else { return false }
        UserFiles(root: trash, trash: trash, side: side, ledger: ledger, seed: 0)
            .removeTree(String(place.dropFirst(trash.count + 1)))
        return true
    }

    // MARK: The rest

    /// Renames what stands at a path to where nothing stands.
    @discardableResult
    func move(_ path: String, to other: String) -> Bool {
        tandem_rename(AT_FDCWD, absolute(path), AT_FDCWD, absolute(other), 1) == 0
    }

    func makeFolder(_ path: String) {
        var folder = root
        for name in path.split(separator: "/") {
            folder += "/\(name)"
            mkdir(folder, 0o755)
        }
    }

    func status(_ path: String) -> mode_t? {
        var status = stat()
        return lstat(absolute(path), &status) == 0 ? status.st_mode & S_IFMT : nil
    }

    static func names(_ path: String) -> [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }
}

/// A file that is held open while a name is taken from it.
final class Held {
    private let file: Int32

    init?(_ path: String) {
        file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        if file < 0 { return nil }
    }

    deinit { close(file) }

    /// The content's digest, if no name leads to the file any more.
    var digestIfGone: Digest? {
        var status = stat()
        guard fstat(file, &status) == 0, status.st_nlink == 0 else { return nil }
        return Self.read(file).map { ContentHasher.digest(of: $0) }
    }

    /// The whole content of a regular file.
    static func read(_ file: Int32) -> [UInt8]? {
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = pread(file, &buffer, buffer.count, off_t(bytes.count))
            guard count >= 0 else { return nil }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
        }
    }
}
