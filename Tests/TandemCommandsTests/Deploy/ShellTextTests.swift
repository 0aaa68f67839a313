import Foundation
import TandemProject
import TandemSystem
import TandemTestSupport
import Testing

@testable import TandemCommands

struct ShellTextTests {
    /// What people and attackers put into names.
    static let hostile = [
        "", " ", "a b", "it's", "''", "\"", "$(touch x)", "`id`", "${HOME}", "a;b", "a&&b", "a|b",
        "\n", "a\nb\n", "\t", "-rf", "~", "*", "?", "[a]", "\\", "\\'", "a'\\''b", "!", "#", "é",
        // One Character each: a quote, or a backslash, with a combining mark.
        "'\u{301}; touch x; '\u{301}", "\\\u{301}'", "{", "}", "\u{1B}[2J", "\r\n", "%s%n", "🙂",
    ]

    /// Runs a script as the vm's login shell would, by a shell of the caller's choice.
    private func run(_ script: RemoteScript, by shell: String = "sh") throws -> String {
        let output = try Command.run(shell, ["-c", script.command], input: script.standardInput)
        return String(decoding: output, as: UTF8.self)
    }

    @Test(arguments: hostile) func `a quoted text is one word and the same`(_ text: String) throws {
        let output = try Command.run("sh", ["-c", "printf '<%s>' \(ShellText.quoted(text))"])
        #expect(Array(output) == Array("<\(text)>".utf8))
        let word = try Command.run("sh", ["-c", "printf '<%s>' \(ShellText.word(text))"])
        #expect(Array(word) == Array("<\(text)>".utf8))
    }

    @Test(arguments: hostile) func `a variable arrives as it is`(_ text: String) throws {
        let script = RemoteScript("print", "printf '<%s>' \"$NAME\"", [("NAME", text)])
        #expect(Array(try run(script).utf8) == Array("<\(text)>".utf8))
    }

    @Test func `a plain path stays readable`() {
        #expect(ShellText.word("/home/me/.local/a-b_c") == "/home/me/.local/a-b_c")
        #expect(ShellText.word("") == "''")
    }

    @Test func `what follows the script is left for it, to the byte`() throws {
        let input = (0..<70_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let script = RemoteScript("count", "wc -c; echo $VALUE", [("VALUE", "end")], input: input)
        #expect(try run(script).split(whereSeparator: \.isWhitespace) == ["70000", "end"])
    }

    @Test func `a script that was cut off runs nothing`() throws {
        let script = RemoteScript("print", "echo first\necho second", [])
        let whole = Array(script.text.utf8)
        for count in 1..<(whole.count - 2) {
            #expect(throws: CommandFailure.self, "\(count) bytes") {
                try Command.run("sh", ["-c", script.command], input: Array(whole[..<count]))
            }
        }
        #expect(try run(script) == "first\nsecond\n")
    }

    @Test func `the command holds nothing that a login shell reads in another way`() {
        let script = RemoteScript("print", "echo !x; exit", [("NAME", "'\n$(x)'")])
        let count = script.text.utf8.count
        #expect(
            script.command == "exec sh -c 'eval \"$(dd bs=1 count=\(count) 2>/dev/null)\"'"
        )
    }
}
