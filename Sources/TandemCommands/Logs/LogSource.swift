import TandemManagement
import TandemProject
import TandemSSH
import TandemTree

/// The logs of one machine, read through a shell there.
struct LogSource {
    /// People's name of the machine.
    let side: String
    let shell: any ScriptShell
    let directory: String?
    private(set) var readers: [LogReader]
    /// Logs that are not there, with the reason.
    private(set) var missing: [String: String] = [:]

    init(side: String, shell: any ScriptShell, directory: String?, logs: [String]) {
        self.side = side
        self.shell = shell
        self.directory = directory
        readers = logs.map { LogReader($0) }
    }

    /// What was written since the last call.
    ///
    /// - Returns: the lines, and whether more is there already.
    /// - Throws: errors of the shell.
    mutating func read() throws -> (lines: [LogLine], hasMore: Bool) {
        let script = LogScript(token: FactsCollector.token(), directory: directory)
        let wanted = readers.map { (name: $0.name, position: $0.position) }
        let result = try shell.run(
            RemoteScript(
                "read the logs",
                LogScript.body,
                script.variables(wanted, quote: ShellText.quoted),
                longestOutput: (readers.count + 1) * (LogScript.longestPiece + (1 << 16))
            )
        )
        missing = [:]
        var lines: [LogLine] = []
        var hasMore = false
        var answered: Set<String> = []
        for section in SectionedOutput(result.output, token: script.token).ordered {
            let words = section.title.split(separator: " ").map(String.init)
            guard words.count >= 2,
                let index = readers.firstIndex(where: { $0.name == words[1] })
            else { continue }
            answered.insert(words[1])
            if words[0] == "missing" {
                missing[words[1]] = section.complaint
                continue
            }
            guard words[0] == "piece", words.count >= 5, section.code == 0,
                let number = UInt64(words[2]), let offset = UInt64(words[3]),
                let size = UInt64(words[4])
            else { continue }
            let piece = LogReader.Piece(
                number: number,
                offset: offset,
                size: size,
                isCurrent: words.last == "current",
                bytes: section.output
            )
            hasMore = hasMore || offset + UInt64(section.output.count) < size
            lines += readers[index].take(piece)
        }
        for reader in readers where !answered.contains(reader.name) {
            missing[reader.name] = "the machine did not answer"
        }
        return (lines, hasMore)
    }
}
