import Foundation
import TandemSystem
import TandemTestSupport
import TandemTree
import Testing

@testable import TandemSoak

/// Two seeded users of an agent's pair, one on each side, who meet in the same directories.
///
/// No value is written twice, so that a content tells where a value went: the ledger knows which of
/// them nobody overwrote or removed after having seen it, and those must be readable for ever.
struct PairWriters {
    private static let areas = 3
    private static let files = 8
    /// A content that takes a while to travel, so that a death meets it half staged.
    private static let largeBytes = 2 << 20

    private let pair: LivePair
    private let ledger = Ledger()
    private var users: [UserFiles]
    /// For each user, the file that the last `write` made.
    private var created: [Int: String] = [:]
    var random: SeededGenerator

    init(_ pair: LivePair, seed: UInt64) {
        self.pair = pair
        random = SeededGenerator(seed: seed)
        users = []
        for (side, root) in [(Side.laptop, pair.laptop), (.vm, pair.root)] {
            let user = UserFiles(
                root: root,
                trash: pair.directory.url.path,
                side: side,
                ledger: ledger,
                seed: seed &* 2 &+ (side == .vm ? 1 : 0)
            )
            for area in 0..<Self.areas { user.makeFolder("area\(area)") }
            user.makeFolder("own")
            users.append(user)
        }
    }

    /// How many values were written.
    var count: Int { ledger.count }

    /// Some seeded number below `bound`.
    mutating func below(_ bound: Int) -> Int { random.below(bound) }

    /// Does so many things on each side; a new file and a new value of a known one always travel.
    mutating func write(_ deeds: Int) {
        for index in users.indices {
            // A name is replaced once: what was in the middle of a death may be in conflict.
            if let known = created[index] {
                _ = users[index].replace(known, users[index].content())
            }
            let name = "own/\(users[index].side)\(users[index].nextSerial())"
            users[index].create(name, users[index].content())
            created[index] = name
            for _ in 2..<max(3, deeds) { Self.act(&users[index]) }
            if random.chance(6) {
                let large = "own/\(users[index].side)-large"
                // Sometimes what is half staged is wanted no more.
                if random.chance(2) { users[index].remove(large) }
                users[index].create(large, users[index].content(Self.largeBytes))
            }
        }
    }

    /// Saves a new value at a path as careful programs do, so that the name is never free.
    ///
    /// - Parameters:
    ///   - path: where, below the side's root; its directory is made where it is missing.
    ///   - side: whose user it is.
    ///   - size: about how many bytes; nil for a few.
    ///   - announce: hears of the content before it stands there.
    mutating func save(
        _ path: String,
        on side: Side,
        size: Int? = nil,
        announce: ([UInt8]) -> Void
    ) {
        guard let index = users.firstIndex(where: { $0.side == side }) else { return }
        let bytes = users[index].content(size)
        announce(bytes)
        users[index].makeFolder(path.split(separator: "/").dropLast().joined(separator: "/"))
        if !users[index].create(path, bytes) { _ = users[index].replace(path, bytes) }
    }

    /// Does one thing; some come to nothing because something else stands there.
    private static func act(_ user: inout UserFiles) {
        let path = place(&user)
        let bytes = user.content()
        switch user.random.below(10) {
        case 0...2: if !user.create(path, bytes) { _ = user.replace(path, bytes) }
        case 3...4: _ = user.replace(path, bytes)
        case 5: _ = user.overwrite(path, bytes)
        case 6: _ = user.append(path)
        case 7: user.remove(path)
        case 8: user.move(path, to: place(&user))
        default: user.create(path, bytes)
        }
    }

    private static func place(_ user: inout UserFiles) -> String {
        "area\(user.random.below(areas))/file\(user.random.below(files))"
    }

    /// Says which values that must be readable stand in neither root and on no shelf.
    ///
    /// The pair must be down: what a shelf holds is restored to be read, as a person would.
    func lost() throws -> [String] {
        let digits = Array(URL(filePath: try pair.pairState).lastPathComponent.filter { $0 != "-" })
        let identifier = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(digits[$0...($0 + 1)]), radix: 16)
        }
        let owed = ledger.standing
        let readable = try Readable(
            roots: [pair.laptop, pair.root],
            pair: identifier,
            owed: owed
        )
        return owed.compactMap { digest, value in
            if readable.inRoots.contains(digest) || readable.onShelves.contains(digest) {
                return nil
            }
            let place = readable.elsewhere.contains(digest) ? "unlisted in .tandem" : "nowhere"
            let writer = value.side.map { "written on the \($0)" } ?? "there at first"
            return "\(value.path), \(writer), is \(place)"
        }
    }
}

extension AgentOnSSH {
    /// Expects what the pair promises once it is left alone: it comes to rest, both roots are equal
    /// but for listed conflicts, and nothing is left in a stage.
    ///
    /// - Returns: how many seconds that took, as text for a figure.
    @discardableResult
    func expectAgreement(
        _ comment: String,
        _ location: SourceLocation = #_sourceLocation
    ) throws -> String {
        let clock = Stopwatch()
        try rest(location)
        let took = clock.text
        let listed = try conflictPaths()
        let differences = try pair.differences().split(separator: "\n").filter { line in
            !listed.contains { line.hasSuffix(" \($0)") }
        }
        #expect(differences == [], "\(comment)", sourceLocation: location)
        #expect(staged == [], "\(comment)", sourceLocation: location)
        return took
    }

    /// Flushes, and waits until the pair has nothing to do any more: a flush waits only for what was
    /// saved before it.
    private func rest(_ location: SourceLocation) throws {
        let end = try patientFlush()
        #expect(end.code == 0 || end.code == 1, "\(end.said)", sourceLocation: location)
        try waitForStatus("that it rests") {
            $0.contains(#""phase" : "watching""#) && !$0.contains(#""verdict" : "working""#)
        }
    }

    /// Flushes, with as much time as a slow machine may need after a fault.
    func patientFlush() throws -> CommandEnd {
        try CommandEnd(pair.start(["flush", "--wait", "120s", "-C", pair.laptop]), within: 150)
    }

    /// Expects that no value is lost; takes the pair down to look at the shelves, and up again.
    func expectNothingLost(
        _ writers: PairWriters,
        _ comment: String,
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        try #require(try tandem("down", "-C", pair.laptop).code == 0, sourceLocation: location)
        let lost = try writers.lost()
        #expect(lost == [], "\(comment)", sourceLocation: location)
        try #require(try tandem("up", "-C", pair.laptop).code == 0, sourceLocation: location)
    }

    /// Settles what both sides changed, as a person would, after which both roots must be equal.
    func settleConflicts(_ location: SourceLocation = #_sourceLocation) throws {
        try rest(location)
        if try !conflictPaths().isEmpty {
            let settled = try tandem(
                "conflicts",
                "resolve",
                "**",
                "--keep",
                "vm",
                "-C",
                pair.laptop
            )
            #expect(settled.code == 0, "\(settled.said)", sourceLocation: location)
            try rest(location)
        }
        #expect(try pair.differences() == "", sourceLocation: location)
    }

    /// The paths of the conflicts that the agent lists.
    private func conflictPaths() throws -> [String] {
        struct Listed: Decodable {
            struct Item: Decodable { var path: String }
            var conflicts: [Item]
        }
        let list = try tandem("conflicts", "--json", "-C", pair.laptop)
        return try JSONDecoder().decode(Listed.self, from: Data(list.output.utf8))
            .conflicts.map(\.path)
    }

    /// The files that lie in either side's stage.
    private var staged: [String] {
        [pair.laptop, pair.root].flatMap { root -> [String] in
            let stage = "\(root)/.tandem/stage"
            guard let walk = FileManager.default.enumerator(atPath: stage) else { return [] }
            var found: [String] = []
            for case let path as String in walk
            where walk.fileAttributes?[.type] as? FileAttributeType == .typeRegular {
                found.append("\(stage)/\(path)")
            }
            return found
        }
    }
}

extension Stopwatch {
    var text: String { Self.text(seconds) }

    static func text(_ seconds: Double) -> String { String(format: "%.1f s", seconds) }
}
