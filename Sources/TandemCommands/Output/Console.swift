import TandemTree

/// Where a command writes, and whom it may ask.
///
/// Every text goes through the one escape of the project here, so that no name, message or reason
/// from a file system or from the other side reaches a terminal as anything but text.
package struct Console: Sendable {
    /// What the two outputs and the input are connected to.
    package struct Traits: Sendable, Hashable {
        package var outputIsTerminal: Bool
        package var errorIsTerminal: Bool
        package var inputIsTerminal: Bool
        package var usesColor: Bool
        package var columns: Int

        package init(
            outputIsTerminal: Bool = false,
            errorIsTerminal: Bool = false,
            inputIsTerminal: Bool = false,
            usesColor: Bool = false,
            columns: Int = 80
        ) {
            self.outputIsTerminal = outputIsTerminal
            self.errorIsTerminal = errorIsTerminal
            self.inputIsTerminal = inputIsTerminal
            self.usesColor = usesColor
            self.columns = columns
        }
    }

    package let traits: Traits
    private let output: @Sendable (String) -> Void
    private let errors: @Sendable (String) -> Void
    private let input: @Sendable () -> String?

    package init(
        traits: Traits,
        output: @escaping @Sendable (String) -> Void,
        errors: @escaping @Sendable (String) -> Void,
        input: @escaping @Sendable () -> String?
    ) {
        self.traits = traits
        self.output = output
        self.errors = errors
        self.input = input
    }

    /// Writes one line of a command's result.
    package func line(_ text: StyledText = "") {
        output(rendered(text, colored: traits.usesColor && traits.outputIsTerminal) + "\n")
    }

    /// Writes one line of diagnostics.
    package func note(_ text: StyledText = "") {
        errors(rendered(text, colored: traits.usesColor && traits.errorIsTerminal) + "\n")
    }

    /// Writes text of the project's own that is several lines long, such as a script or a page.
    package func page(_ text: String) {
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast(
            text.hasSuffix("\n") ? 1 : 0
        ) {
            output("\(line)\n")
        }
    }

    /// Writes a JSON document, whose encoder has escaped everything already.
    package func document(_ json: String) {
        output(json + "\n")
    }

    /// Shows lines in place of all that the terminal shows, each cut at its width.
    package func picture(_ lines: [StyledText], columns: Int, rows: Int) {
        let shown = lines.prefix(max(rows - 1, 1)).map { line in
            rendered(line.cut(to: max(columns - 1, 1)), colored: traits.usesColor) + "\u{1B}[K\r\n"
        }
        output("\u{1B}[H" + shown.joined() + "\u{1B}[J")
    }

    /// Turns to the terminal's other screen, and back.
    package func otherScreen(_ isOther: Bool) {
        output(isOther ? "\u{1B}[?1049h\u{1B}[?25l" : "\u{1B}[?25h\u{1B}[?1049l")
    }

    /// Replaces the line that the last call of this wrote; only on a terminal.
    package func rewrite(_ text: String) {
        guard traits.errorIsTerminal else { return }
        errors("\r\u{1B}[K" + escaped(text.prefix(max(traits.columns - 1, 1)).utf8))
    }

    /// Takes the line that `rewrite` wrote away.
    package func clearLine() {
        guard traits.errorIsTerminal else { return }
        errors("\r\u{1B}[K")
    }

    /// Whether there is someone to ask.
    package var canAsk: Bool { traits.inputIsTerminal && traits.errorIsTerminal }

    /// Asks a question that only a typed "yes" answers with true; false where nobody can be asked.
    package func confirm(_ question: StyledText) -> Bool {
        guard canAsk else { return false }
        errors(rendered(question, colored: traits.usesColor) + " [yes/no] ")
        return input()?.lowercased() == "yes"
    }

    private func rendered(_ text: StyledText, colored: Bool) -> String {
        text.parts.map { part in
            let safe = escaped(part.text.utf8)
            guard colored, let code = part.tone.code else { return safe }
            return "\u{1B}[\(code)m\(safe)\u{1B}[0m"
        }.joined()
    }
}
