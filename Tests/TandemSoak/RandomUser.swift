import Glibc
import TandemSystem
import TandemTestSupport
import TandemTree

/// Somebody who works on one side: edits, saves as editors do, renames, deletes, installs.
struct RandomUser {
    enum Deed: String, CaseIterable, Sendable {
        case create, replace, overwrite, append, shorten, vim, emacs
        case remove, rename, execute, link, toFolder, toFile
        case moveFolder, removeFolder, throwAway, burst
    }

    private var files: UserFiles
    private let places: Places
    private let burstFiles: Int
    private var bursts: [String] = []
    private(set) var done: [Deed: Int] = [:]

    init(_ files: UserFiles, _ places: Places, burstFiles: Int) {
        self.files = files
        self.places = places
        self.burstFiles = burstFiles
    }

    /// Fills places, on one side.
    mutating func fill(_ places: Places) {
        for folder in places.folders {
            files.makeFolder(folder.path)
            for name in folder.names { files.create("\(folder.path)/\(name)", files.content()) }
        }
    }

    /// Does one thing; many come to nothing because something else stands there.
    mutating func act() {
        let deed = choose()
        if perform(deed) { done[deed, default: 0] += 1 }
    }

    private mutating func choose() -> Deed {
        switch files.random.below(1_000) {
        case ..<140: .create
        case ..<330: .replace
        case ..<440: .overwrite
        case ..<520: .append
        case ..<580: .shorten
        case ..<660: .vim
        case ..<730: .emacs
        case ..<800: .remove
        case ..<870: .rename
        case ..<910: .execute
        case ..<940: .link
        case ..<955: .toFolder
        case ..<970: .toFile
        case ..<984: .moveFolder
        case ..<989: .removeFolder
        case ..<994: .throwAway
        case ..<996: .burst
        default: .append
        }
    }

    private mutating func perform(_ deed: Deed) -> Bool {
        let folder = places.folder(&files.random)
        let path = "\(folder.path)/\(folder.names[files.random.below(folder.names.count)])"
        let isReplacedOnly = Places.isReplacedOnly(path)
        switch deed {
        case .create:
            files.makeFolder(folder.path)
            let bytes = files.content()
            if files.status(path) != nil { return false }
            return isReplacedOnly ? files.replace(path, bytes) : files.create(path, bytes)
        case .replace:
            return files.status(path) == S_IFREG && files.replace(path, files.content())
        case .overwrite: return !isReplacedOnly && files.overwrite(path, files.content())
        case .append: return !isReplacedOnly && files.append(path)
        case .shorten: return !isReplacedOnly && files.shorten(path)
        case .vim: return !isReplacedOnly && saveAsVim(path)
        case .emacs: return saveAsEmacs(path)
        case .remove: return files.remove(path)
        case .rename: return rename(path, inFolder: folder)
        case .execute:
            return chmod(files.absolute(path), files.random.chance(2) ? 0o755 : 0o644) == 0
        case .link: return makeLink(path)
        case .toFolder: return makeFolder(path)
        case .toFile:
            guard files.status(path) == S_IFDIR else { return false }
            files.removeTree(path)
            return files.replace(path, files.content())
        case .moveFolder:
            return files.move(folder.path, to: places.folder(&files.random).path)
        case .removeFolder:
            files.removeTree(folder.path)
            return true
        case .throwAway: return files.throwAway(folder.path)
        case .burst: return burst()
        }
    }
}

// MARK: - What takes several steps

extension RandomUser {
    /// Renames the file to its backup, writes it anew, removes the backup.
    private mutating func saveAsVim(_ path: String) -> Bool {
        guard files.status(path) == S_IFREG else { return false }
        let backup = path + "~"
        files.remove(backup)
        guard files.move(path, to: backup) else { return false }
        let bytes = files.content()
        let isSaved = files.create(path, bytes) || files.overwrite(path, bytes)
        if isSaved { files.remove(backup) }
        return isSaved
    }

    /// Locks the file with a link, writes beside it, renames over it, unlocks it.
    private mutating func saveAsEmacs(_ path: String) -> Bool {
        guard files.status(path) == S_IFREG else { return false }
        let parts = path.split(separator: "/")
        let name = parts.last.map(String.init) ?? ""
        let folder = parts.dropLast().joined(separator: "/")
        let lock = files.absolute("\(folder)/.#\(name)")
        symlink("user@host.4711:1", lock)
        defer { unlink(lock) }
        return files.replace(path, through: "#\(name)#", files.content())
    }

    private mutating func rename(_ path: String, inFolder folder: Places.Folder) -> Bool {
        let target = files.random.chance(2) ? folder : places.folder(&files.random)
        // Within its kind, so that what is only replaced stays so.
        guard let place = places.file(in: target, like: path, &files.random) else { return false }
        return files.move(path, to: place)
    }

    private mutating func makeLink(_ path: String) -> Bool {
        if files.status(path) == S_IFREG, files.random.chance(2) { files.remove(path) }
        return symlink("target\(files.nextSerial())", files.absolute(path)) == 0
    }

    /// Makes a directory where a file or a link stands.
    private mutating func makeFolder(_ path: String) -> Bool {
        guard files.remove(path), mkdir(files.absolute(path), 0o755) == 0 else { return false }
        for number in 0..<3 { files.create("\(path)/inner\(number).w", files.content()) }
        return true
    }

    /// Creates many small files and removes half of them, as an installation does.
    private mutating func burst() -> Bool {
        let name = "modules/\(files.side)\(files.nextSerial())"
        bursts.append(name)
        if bursts.count > 3 { files.removeTree(bursts.removeFirst()) }
        let folders = max(2, burstFiles / 40)
        for number in 0..<burstFiles {
            let folder = "\(name)/package\(number % folders)/lib"
            if number < folders { files.makeFolder(folder) }
            files.create("\(folder)/part\(number).js", files.content(200))
        }
        for number in 0..<burstFiles where number % 2 == 0 {
            files.remove("\(name)/package\(number % folders)/lib/part\(number).js")
        }
        return true
    }
}
