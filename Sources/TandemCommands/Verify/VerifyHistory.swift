import TandemDaemon
import TandemManagement
import TandemSystem

/// The reports of a pair that were kept, one file each, named by their time.
struct VerifyHistory: Sendable {
    /// As many are kept; the oldest goes first.
    static let kept = 50
    private static let suffix = ".json"
    /// The most that a report may take.
    private static let longest = 16 << 20

    let directory: String

    /// The newest report, where there is one that can be read.
    func last() throws -> VerifyReport? {
        for name in names().reversed() {
            guard let bytes = try AtomicFile.read("\(directory)/\(name)", limit: Self.longest),
                let report = VerifyReport(json: bytes)
            else { continue }
            return report
        }
        return nil
    }

    /// Keeps a report durably.
    ///
    /// - Parameters:
    ///   - report: the report.
    ///   - time: when it was made, in nanoseconds since 1970.
    /// - Returns: the file.
    /// - Throws: `SystemError`.
    @discardableResult
    func keep(_ report: VerifyReport, at time: Int64) throws -> String {
        try StateDirectories.prepare(directory, forbidden: 0o077)
        let digits = String(max(time, 0))
        let name = String(repeating: "0", count: max(0, 19 - digits.count)) + digits + Self.suffix
        let path = "\(directory)/\(name)"
        try AtomicFile.write(Array(report.json.utf8), to: path)
        for old in names().dropLast(Self.kept) { try? AtomicFile.remove("\(directory)/\(old)") }
        return path
    }

    /// The files, oldest first: their names have one length, so bytes order them by time.
    private func names() -> [String] {
        Directory.names(in: directory).filter { $0.hasSuffix(Self.suffix) && !$0.hasPrefix(".") }
            .sorted()
    }
}
