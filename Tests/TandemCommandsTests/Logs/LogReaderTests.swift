import TandemTestSupport
import Testing

@testable import TandemCommands

/// Lines out of pieces: each once, whatever is cut and rotated.
struct LogReaderTests {
    private func event(_ text: String, _ second: Int = 0, level: String = "info") -> String {
        let time = "2026-03-01T09:00:\(second < 10 ? "0" : "")\(second).000000Z"
        return #"{"time":"\#(time)","level":"\#(level)","logger":"x","message":"\#(text)"}"#
    }

    private func piece(
        _ number: UInt64,
        _ offset: UInt64,
        _ text: String,
        size: Int? = nil,
        current: Bool = true
    ) -> LogReader.Piece {
        let bytes = Array(text.utf8)
        return LogReader.Piece(
            number: number,
            offset: offset,
            size: UInt64(size ?? Int(offset) + bytes.count),
            isCurrent: current,
            bytes: bytes
        )
    }

    private func texts(_ lines: [LogLine]) -> [String] {
        lines.map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    @Test func `a line that is cut comes with the next piece, once`() {
        var reader = LogReader("a")
        #expect(texts(reader.take(piece(1, 0, "one\ntw"))) == ["one"])
        #expect(reader.position == LogPosition(number: 1, offset: 4))
        #expect(texts(reader.take(piece(1, 4, "two\n"))) == ["two"])
        #expect(texts(reader.take(piece(1, 8, ""))) == [])
    }

    @Test func `reading goes on in the rotated file and then in the next`() {
        var reader = LogReader("a")
        _ = reader.take(piece(1, 0, "one\n"))
        #expect(texts(reader.take(piece(1, 4, "two\n", current: false))) == ["two"])
        #expect(reader.position == LogPosition(number: 2, offset: 0))
        #expect(texts(reader.take(piece(2, 0, "three\n"))) == ["three"])
        #expect(reader.skippedFiles == 0)
    }

    @Test func `a long rotated file is read in pieces to its end`() {
        var reader = LogReader("a")
        let first = reader.take(piece(3, 0, "one\ntwo\nth", size: 14, current: false))
        #expect(texts(first) == ["one", "two"])
        #expect(reader.position == LogPosition(number: 3, offset: 8))
        #expect(texts(reader.take(piece(3, 8, "three\n", size: 14, current: false))) == ["three"])
        #expect(reader.position == LogPosition(number: 4, offset: 0))
    }

    @Test func `files that are gone before they were read are counted`() {
        var reader = LogReader("a")
        _ = reader.take(piece(1, 0, "one\n"))
        _ = reader.take(piece(4, 0, "five\n"))
        #expect(reader.skippedFiles == 3)
    }

    @Test func `whatever is cut, every line comes once`() {
        var generator = SeededGenerator(seed: 7)
        let all = (0..<400).map { "line \($0)" }
        // Files of some lines each, as rotation leaves them.
        var files: [String] = [""]
        for line in all {
            files[files.count - 1] += line + "\n"
            if generator.chance(20) { files.append("") }
        }
        var reader = LogReader("a")
        var found: [String] = []
        for (index, text) in files.enumerated() {
            let number = UInt64(index + 1)
            let bytes = Array(text.utf8)
            let isLast = index == files.count - 1
            var rounds = 0
            while reader.position.number <= number, rounds < 1000 {
                rounds += 1
                let start = reader.position.number == number ? Int(reader.position.offset) : 0
                let end = min(bytes.count, start + generator.below(40))
                found += texts(
                    reader.take(
                        LogReader.Piece(
                            number: number,
                            offset: UInt64(start),
                            size: UInt64(bytes.count),
                            isCurrent: isLast,
                            bytes: Array(bytes[start..<end])
                        )
                    )
                )
                if isLast, reader.position.offset == UInt64(bytes.count) { break }
            }
        }
        #expect(found == all)
    }

    @Test func `a bad line has the time of the one before it, and keeps its place`() {
        var reader = LogReader("a")
        let lines = reader.take(
            piece(1, 0, event("one", 5) + "\n\u{1B}[31mbad\n" + event("two", 6) + "\n")
        )
        #expect(lines.map(\.level) == ["info", nil, "info"])
        #expect(lines[1].time == lines[0].time)
        var other = LogReader("b")
        let others = other.take(piece(1, 0, event("early", 1) + "\n" + event("late", 9) + "\n"))
        let merged = LogsWork.merged(others + lines)
        #expect(merged.map(\.log) == ["b", "a", "a", "a", "b"])
        #expect(merged[2].level == nil)
    }

    @Test(arguments: [
        "{}", #"{"time":"yesterday","level":"info"}"#, #"{"time":5,"level":"info"}"#, "[1]", "",
        #"{"time":"2026-03-01T09:00:00.000000Z"}"#,
    ])
    func `what is no log event is a bad line`(_ text: String) {
        #expect(LogLine(Array(text.utf8), of: "a", after: "t").level == nil)
    }

    @Test func `a bad line drives no terminal, as text and as JSON`() {
        let line = LogLine(Array("\u{1B}[31m\u{7}\u{202E}x".utf8) + [0xFF], of: "a", after: "t")
        let record = ConsoleRecord()
        record.console().line(DaemonLogText.line(line))
        record.console().document(DaemonLogText.json(line))
        #expect(!record.output.utf8.contains(0x1B) && !record.output.utf8.contains(0x07))
        #expect(!record.output.unicodeScalars.contains("\u{202E}"))
        #expect(record.output.contains(#""bad":"#))
    }

    @Test func `an event is shown with its fields, and as JSON with its daemon`() {
        let text =
            #"{"time":"2026-03-01T09:00:00.000000Z","level":"warning","logger":"r","#
            + #""message":"slow","ms":12,"path":"a b"}"#
        let line = LogLine(Array(text.utf8), of: "receiver", after: "")
        #expect(
            DaemonLogText.line(line).plain
                == #"2026-03-01T09:00:00.000000Z receiver warning slow ms=12 path="a b""#
        )
        #expect(DaemonLogText.json(line) == #"{"log":"receiver","# + text.dropFirst())
    }
}

/// Which lines are shown.
struct LogFilterTests {
    private func line(_ second: Int, _ level: String) -> LogLine {
        let text = #"{"time":"2026-03-01T09:00:0\#(second).000000Z","level":"\#(level)"}"#
        return LogLine(Array(text.utf8), of: "a", after: "")
    }

    @Test func `since and until hold their moments, a beginning all that begins so`() {
        let lines = (0..<5).map { line($0, "info") }
        var filter = LogFilter(since: "2026-03-01T09:00:01", until: "2026-03-01T09:00:03")
        #expect(lines.filter(filter.shows).count == 3)
        filter.until = "2026-03-01T09"
        #expect(lines.filter(filter.shows).count == 4)
        filter.until = "2026-02"
        #expect(lines.filter(filter.shows).isEmpty)
    }

    @Test func `a level shows itself and what is worse, and bad lines always`() {
        let filter = LogFilter(level: "warning")
        let shown = ["trace", "info", "warning", "error"].filter { filter.shows(line(0, $0)) }
        #expect(shown == ["warning", "error"])
        #expect(filter.shows(LogLine(Array("bad".utf8), of: "a", after: "")))
    }

    @Test(arguments: [
        ("1h", "1969-12-31T23:00:00.000000Z"), ("2026", "2026"), ("2026-03-01", "2026-03-01"),
        ("2026-03-01T09:30", "2026-03-01T09:30"),
        ("2026-03-01T09:30:01.5Z", "2026-03-01T09:30:01.5"),
        ("yesterday", nil), ("2026/03/01", nil), ("", nil), ("26-3", nil),
    ])
    func `a moment is a duration or a time`(_ text: String, _ moment: String?) {
        #expect(LogFilter.moment(text, now: 0) == moment)
    }
}
