import TandemStore
import TandemTree

/// The open conflicts as a table.
struct ConflictListText {
    let records: [ConflictRecord]
    let total: Int
    let name: String
    let now: Int64

    var lines: [StyledText] {
        guard total > 0 else { return [StyledText("\(name): no conflicts", .good)] }
        let head = "\(name): \(Quantities.count(total, "conflict")), left alone on both sides"
        let rows = records.map(row)
        let widths = (0..<Self.titles.count).map { column in
            ([Self.titles] + rows).map { $0[column].count }.max() ?? 0
        }
        func line(_ row: [String], _ tone: Tone) -> StyledText {
            let cells = zip(row, widths).map { LiveText.padded($0, $1) }
            let text = cells.joined(separator: "  ")
            return StyledText(
                " \(text[..<(text.lastIndex { $0 != " " } ?? text.startIndex)])"
                    + String(text.last { $0 != " " } ?? " "),
                tone
            )
        }
        var lines = [StyledText(head, .warning), line(Self.titles, .faint)]
        lines += rows.map { line($0, .plain) }
        if records.count < total {
            let rest = Quantities.count(total - records.count)
            lines.append(StyledText(" … and \(rest) more (--all)", .faint))
        }
        lines.append(
            StyledText("next: tandem conflicts diff \(records.first?.number ?? 1) \(name)", .faint)
        )
        return lines
    }

    private static let titles = ["#", "path", "kind", "laptop", "vm", "since"]

    private func row(_ record: ConflictRecord) -> [String] {
        [
            String(record.number),
            "\(record.conflict.path)",
            record.kindWords,
            side(record.conflict.laptop, record.laptopModified),
            side(record.conflict.vm, record.vmModified),
            Quantities.ago(record.firstSeen, now: now),
        ]
    }

    private func side(_ state: EntryState?, _ modified: Int64?) -> String {
        guard let state else { return "deleted" }
        let time = modified.map { ", \(Quantities.ago($0, now: now))" } ?? ""
        return state.summary + time
    }
}

extension ConflictRecord {
    /// `both edited`, `edit / delete`: what each side did.
    var kindWords: String {
        switch conflict.reason {
        case .bothCreated: "both created"
        case .bothModified: "both edited"
        case .kindChanged: "other kind"
        case .removedAndChanged: conflict.laptop == nil ? "delete / edit" : "edit / delete"
        case .holdsUnsyncable: "holds unsyncable"
        }
    }
}

/// One conflict with the contents of both sides.
struct ConflictText {
    let record: ConflictRecord
    let sides: ConflictDesk.Sides
    let now: Int64

    /// More of a content is shown on request.
    private static let contentLines = 40

    func lines(all: Bool) -> [StyledText] {
        let conflict = record.conflict
        var lines = [
            StyledText("\(record.number)  \(conflict.path)", .strong),
            StyledText(
                "  \(conflict.reason.sentence), first seen "
                    + "\(Quantities.ago(record.firstSeen, now: now)), generation \(record.generation)"
            ),
        ]
        if let base = conflict.base {
            lines.append(StyledText("  agreed before: \(base.summary)", .faint))
        }
        lines += side("laptop", conflict.laptop, record.laptopModified, sides.laptop, all)
        lines += side("vm", conflict.vm, record.vmModified, sides.vm, all)
        return lines
    }

    private func side(
        _ name: String,
        _ state: EntryState?,
        _ modified: Int64?,
        _ content: ConflictDesk.Content,
        _ all: Bool
    ) -> [StyledText] {
        var head = "\(name): \(state?.summary ?? "nothing there")"
        if let modified { head += ", changed \(Quantities.ago(modified, now: now))" }
        if let state, !state.digest.isZero { head += ", \(state.digest.hex.prefix(7))" }
        return [StyledText(head, .strong)] + body(content, all)
    }

    private func body(_ content: ConflictDesk.Content, _ all: Bool) -> [StyledText] {
        switch content {
        case .absent: return []
        case .notFetched: return [StyledText("  (no content to show)", .faint)]
        case .bytes(let bytes):
            guard let text = TextContent(bytes) else {
                return [StyledText("  (binary, \(Quantities.bytes(UInt64(bytes.count))))", .faint)]
            }
            let shown = all ? text.lines[...] : text.lines.prefix(Self.contentLines)
            var lines = shown.map { StyledText("  \(TextContent.withoutTabs($0))") }
            if shown.count < text.lines.count {
                let rest = Quantities.count(text.lines.count - shown.count)
                lines.append(StyledText("  … and \(rest) more lines (--all)", .faint))
            }
            return lines
        }
    }
}

/// Both sides of a conflict compared.
struct ConflictDiffText {
    let record: ConflictRecord
    let sides: ConflictDesk.Sides

    var lines: [StyledText] {
        guard let laptop = text(sides.laptop), let vm = text(sides.vm) else { return sizes }
        let path = record.conflict.path
        let diff = UnifiedDiff(old: laptop.lines, new: vm.lines)
        var lines = [
            StyledText("--- laptop/\(path)", .strong), StyledText("+++ vm/\(path)", .strong),
        ]
        for hunk in diff.hunks {
            lines.append(StyledText(hunk.header, .faint))
            lines += hunk.lines.map(Self.line)
        }
        if laptop.endsWithLineFeed != vm.endsWithLineFeed {
            let side = laptop.endsWithLineFeed ? "vm" : "laptop"
            lines.append(StyledText("\\ no line feed at the end on the \(side)", .faint))
        }
        if laptop == vm { lines.append(StyledText("(the contents are the same)", .faint)) }
        return lines
    }

    private static func line(_ line: UnifiedDiff.Line) -> StyledText {
        switch line {
        case .same(let text): StyledText(" \(TextContent.withoutTabs(text))")
        case .removed(let text): StyledText("-\(TextContent.withoutTabs(text))", .bad)
        case .added(let text): StyledText("+\(TextContent.withoutTabs(text))", .good)
        }
    }

    private func text(_ content: ConflictDesk.Content) -> TextContent? {
        switch content {
        case .absent: TextContent([])
        case .bytes(let bytes): TextContent(bytes)
        case .notFetched: nil
        }
    }

    /// What can be said where one side is no text.
    private var sizes: [StyledText] {
        func words(_ state: EntryState?) -> String { state?.summary ?? "nothing there" }
        let conflict = record.conflict
        return [
            StyledText("binary, or no file: \(conflict.path) differs", .warning),
            StyledText("  laptop: \(words(conflict.laptop))"),
            StyledText("  vm:     \(words(conflict.vm))"),
        ]
    }
}
