import TandemTestSupport

/// Where users work: the same directories and names for both, so that they meet.
///
/// By its name a file is one that is only ever replaced by renaming, so that whoever reads it must
/// find a whole content, or one that is also written into.
struct Places: Sendable {
    struct Folder: Sendable {
        var path: String
        var names: [String]
    }

    /// Directories without directories in them.
    private(set) var folders: [Folder]
    /// How many of them are worked on as much as all others together.
    private static let busy = 96

    init(_ folders: [Folder]) {
        self.folders = folders
    }

    /// Directories that a user fills, with so many files in all.
    static func made(files count: Int) -> Places {
        let names = (0..<24).map { "file\($0).\($0 % 2 == 0 ? "r" : "w")" }
        let folders = max(4, count / names.count)
        return Places(
            (0..<folders).map {
                Folder(path: "work/area\($0 / 16)/part\($0 % 16)", names: names)
            }
        )
    }

    /// The same, and these.
    func adding(_ more: [Folder]) -> Places { Places(more + folders) }

    /// Puts the directories in another order, so that the busy ones are not all alike.
    mutating func shuffle(_ random: inout SeededGenerator) { folders.shuffle(using: &random) }

    /// Some directory.
    func folder(_ random: inout SeededGenerator) -> Folder {
        let count = random.chance(2) ? min(Self.busy, folders.count) : folders.count
        return folders[random.below(count)]
    }

    /// Some file.
    func file(_ random: inout SeededGenerator) -> String {
        let folder = folder(&random)
        return "\(folder.path)/\(folder.names[random.below(folder.names.count)])"
    }

    /// Some file in a directory that is treated like the one of this path; nil when there is none.
    func file(
        in folder: Folder,
        like path: String,
        _ random: inout SeededGenerator
    ) -> String? {
        let isReplacedOnly = Self.isReplacedOnly(path)
        let names = folder.names.filter { Self.isReplacedOnly($0) == isReplacedOnly }
        return names.randomElement(using: &random).map { "\(folder.path)/\($0)" }
    }

    /// Whether the file of a path is only ever replaced by renaming.
    static func isReplacedOnly(_ path: String) -> Bool {
        if path.hasSuffix(".r") { return true }
        if path.hasSuffix(".w") { return false }
        let name = path.utf8.suffix(while: { $0 != UInt8(ascii: "/") })
        return name.reduce(0) { $0 &+ $1 } % 2 == 0
    }
}

extension BidirectionalCollection {
    /// The longest end all of whose elements satisfy the predicate.
    fileprivate func suffix(while predicate: (Element) -> Bool) -> SubSequence {
        var start = endIndex
        while start > startIndex {
            let before = index(before: start)
            guard predicate(self[before]) else { break }
            start = before
        }
        return self[start...]
    }
}
