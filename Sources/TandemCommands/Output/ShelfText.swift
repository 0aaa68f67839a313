import TandemSync
import TandemTree

/// The vm's shelf for people.
struct ShelfText: Sendable {
    let items: [ShelvedItem]
    let now: Int64
    let showsAll: Bool

    /// Takes items newest first.
    init(_ items: [ShelvedItem], now: Int64, showsAll: Bool) {
        self.items = items
        self.now = now
        self.showsAll = showsAll
    }

    var lines: [StyledText] {
        guard !items.isEmpty else { return ["the vm's shelf is empty"] }
        let size = items.reduce(UInt64(0)) {
            $0.addingReportingOverflow($1.state.size).partialValue
        }
        let shown = showsAll ? items[...] : items.prefix(ReportText.listLimit)
        let cells = shown.map { item in
            [
                item.id, Quantities.ago(Int64(clamping: item.shelvedAt), now: now),
                item.state.kind == .directory ? "directory" : Quantities.bytes(item.state.size),
            ]
        }
        var lines = [
            StyledText("\(Quantities.count(items.count, "item")) on the vm's shelf", .strong)
                + StyledText(", \(Quantities.bytes(size))")
        ]
        for (item, row) in zip(shown, cells) {
            let padded = row.enumerated().map { column, cell in
                let width = cells.map { $0[column].count }.max() ?? 0
                return cell + String(repeating: " ", count: width - cell.count)
            }
            let mark = item.isLive ? "  (the vm's own: kept until it is restored)" : ""
            let name = item.path.shown(as: item.state.kind)
            lines.append(StyledText("  \(padded.joined(separator: "  "))  \(name)\(mark)"))
        }
        if shown.count < items.count {
            let rest = Quantities.count(items.count - shown.count)
            lines.append(StyledText("  … and \(rest) more (--all)", .faint))
        }
        lines.append("  take one back: tandem recover restore ID [--to PATH]")
        return lines
    }
}

/// What `recover list --json` prints.
struct ShelfDocument: Encodable, Sendable {
    struct Item: Encodable, Sendable {
        var id: String
        var path: String
        var pathBytes: String?
        var kind: String
        var size: UInt64
        var time: String
        var isLive: Bool

        init(_ item: ShelvedItem) {
            let name = PathDocument(item.path)
            id = item.id
            path = name.path
            pathBytes = name.pathBytes
            kind = item.state.kind.word
            size = item.state.size
            time = JSONDocument.time(Int64(clamping: item.shelvedAt))
            isLive = item.isLive
        }
    }

    var schema = JSONDocument.schema
    var command = "recover list"
    var pair: PairDocument
    var items: [Item]

    init(pair: PairDocument, _ items: [ShelvedItem]) {
        self.pair = pair
        self.items = items.map(Item.init)
    }
}

/// What `recover restore --json` prints.
struct RestoredDocument: Encodable, Sendable {
    var schema = JSONDocument.schema
    var command = "recover restore"
    var pair: PairDocument
    var item: String
    var restored: PathDocument

    init(pair: PairDocument, item: String, _ path: RelativePath) {
        self.pair = pair
        self.item = item
        restored = PathDocument(path)
    }
}
