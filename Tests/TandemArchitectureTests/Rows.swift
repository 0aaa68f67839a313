/// The table of rows in docs/ARCHITECTURE.md: which target stands where.
struct Rows {
    /// Row numbers by target, counted from the top.
    private(set) var row: [String: Int] = [:]
    /// Targets of a later version, allowed to be absent.
    private(set) var later: Set<String> = []

    init(text: String) {
        var number = 0
        for line in text.split(separator: "\n") where line.hasPrefix("| row ") == false {
            let cells = line.split(separator: "|", omittingEmptySubsequences: false)
            guard cells.count >= 5, Self.titles.contains(cells[1].trimmed) else { continue }
            for name in Self.names(in: cells[2]) { row[name] = number }
            for name in Self.names(in: cells[3]) {
                row[name] = number
                later.insert(name)
            }
            number += 1
        }
    }

    static let current = Rows(text: Project.text("docs/ARCHITECTURE.md") ?? "")

    private static let titles = [
        "programs", "assembly", "behaviour", "service", "world", "system", "wire", "tree", "C",
    ]

    private static func names(in cell: Substring) -> [String] {
        cell.matches(of: /`([^`]+)`/).map { String($0.output.1) }
    }
}

extension Substring {
    fileprivate var trimmed: String {
        String(drop(while: { $0 == " " }).reversed().drop(while: { $0 == " " }).reversed())
    }
}
