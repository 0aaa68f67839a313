import Foundation
import TandemDaemon
import TandemManagement

/// The book of rollouts on disk: wholly old or wholly new after any crash.
struct BookFile: Sendable {
    private static let name = "rollouts.json"
    /// Far more than a few components need.
    private static let longest = 1 << 20

    private let path: String

    init(in directory: String) {
        path = "\(directory)/\(Self.name)"
        AtomicFile.removeLeftovers(in: directory)
    }

    /// Reads the book; an empty one where there is none.
    ///
    /// - Throws: `DaemonStartError` for a file that is no book: what ran before would be forgotten.
    func read() throws -> RolloutBook {
        guard let bytes = try AtomicFile.read(path, limit: Self.longest) else {
            return RolloutBook()
        }
        do {
            return try JSONDecoder().decode(RolloutBook.self, from: Data(bytes))
        } catch {
            throw DaemonStartError(
                "\(path) is no book of rollouts: \(error)",
                next: "move it away; the images to roll back to are then not known",
                DaemonExit.configuration
            )
        }
    }

    func write(_ book: RolloutBook) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try AtomicFile.write(Array(try encoder.encode(book)), to: path)
    }
}
