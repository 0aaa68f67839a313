import TandemTree

extension VerifyReport {
    /// For people: a verdict, then a table with the worst first.
    package var markdown: String {
        var text = "# verify \(cell(machine)), \(cell(time))\n\n\(cell(verdict))\n"
        guard !rows.isEmpty else { return text }
        text += "\n| verdict | where | subject | evidence | method |\n"
        text += "| --- | --- | --- | --- | --- |\n"
        for row in ranked {
            let cells = [
                row.verdict.rawValue, Self.place(of: row), row.subject, row.evidence, row.method,
            ]
            text += "| " + cells.map(cell).joined(separator: " | ") + " |\n"
        }
        return text
    }

    /// For scripts: one object, rows in the order they were found.
    package var json: String {
        let head = [
            #""schema":\#(Self.schemaVersion)"#,
            #""machine":\#(string(machine))"#,
            #""time":\#(string(time))"#,
            #""verdict":\#(string(verdict))"#,
            #""clean":\#(isClean)"#,
            #""exitCode":\#(exitCode)"#,
            #""unreachable":\#(unreachable.map(string) ?? "null")"#,
        ]
        let rows = rows.map { row in
            #"{"subject":\#(string(row.subject)),"verdict":"\#(row.verdict.rawValue)","#
                + #""where":"\#(Self.place(of: row))","#
                + #""evidence":\#(string(row.evidence)),"method":\#(string(row.method))}"#
        }
        return "{\(head.joined(separator: ",")),\"rows\":[\(rows.joined(separator: ","))]}\n"
    }

    /// `laptop`, `vm` or `both`.
    package static func place(of row: Row) -> String { row.side?.rawValue ?? "both" }

    /// Text that can neither leave its cell nor drive a terminal.
    private func cell(_ text: String) -> String {
        var result = ""
        for character in escaped(text.utf8) {
            if "|`<*_[".contains(character) { result.append("\\") }
            result.append(character)
        }
        return result
    }

    private func string(_ text: String) -> String {
        var result = "\""
        for scalar in escaped(text.utf8).unicodeScalars {
            if scalar == "\"" || scalar == "\\" { result += "\\" }
            result.unicodeScalars.append(scalar)
        }
        return result + "\""
    }
}
