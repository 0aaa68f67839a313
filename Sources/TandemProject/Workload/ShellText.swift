/// How text reaches a shell of the vm: the one place where it is quoted.
package enum ShellText {
    private static let quote = UInt8(ascii: "'")

    /// A text as one word of a POSIX shell, whatever it holds.
    ///
    /// Works on bytes: a combining mark behind a quote makes one `Character` of both, and a search
    /// for the quote would pass it over.
    package static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = [quote]
        for byte in text.utf8 {
            // Inside single quotes only a single quote means something.
            if byte == quote { bytes += Array("'\\'".utf8) }
            bytes.append(byte)
        }
        bytes.append(quote)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A command word: plain ones stay readable, everything else is quoted.
    package static func word(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "/._-+@".utf8.contains(byte)
            }
        }
        return isPlain && !text.isEmpty ? text : quoted(text)
    }
}

/// A script for `sh` on the vm, the variables it reads, and what follows on its standard input.
package struct RemoteScript: Sendable {
    /// What the script does, for an error: "copy the receiver".
    package var what: String
    package var body: String
    package var variables: [(name: String, value: String)]
    package var input: [UInt8]
    /// The longest it may take.
    package var seconds: Int
    /// What it prints beyond this is not read.
    package var longestOutput: Int

    package init(
        _ what: String,
        _ body: String,
        _ variables: [(name: String, value: String)] = [],
        input: [UInt8] = [],
        seconds: Int = 60,
        longestOutput: Int = 1 << 20
    ) {
        self.what = what
        self.body = body
        self.variables = variables
        self.input = input
        self.seconds = seconds
        self.longestOutput = longestOutput
    }

    /// What the shell evaluates.
    ///
    /// In braces, so that a text cut off by a lost connection is a syntax error and runs nothing.
    package var text: String {
        let assignments = variables.map { "\($0.name)=\(ShellText.quoted($0.value))\n" }.joined()
        return "{\n\(assignments)\(body)\n}\n"
    }

    /// What the login shell is given.
    ///
    /// Constant words and one number, so that bash, fish and csh read the same. The script comes
    /// over standard input, byte by byte up to its length, because nothing that follows it may be
    /// read ahead.
    package var command: String {
        "exec sh -c 'eval \"$(dd bs=1 count=\(text.utf8.count) 2>/dev/null)\"'"
    }

    /// What is sent to the command.
    package var standardInput: [UInt8] { Array(text.utf8) + input }
}
