import Synchronization
package import TandemSync
package import TandemSystem

/// Shows a push's progress on standard error as the console allows.
package final class ProgressShower: Sendable {
    private struct State {
        var line: ProgressLine
        var isFinished = false
    }

    private let state: Mutex<State>
    private let console: Console
    private let time: any TimeSource
    private let isQuiet: Bool

    package init(console: Console, time: any TimeSource, isQuiet: Bool) {
        let style: ProgressLine.Style = console.traits.errorIsTerminal ? .terminal : .lines
        state = Mutex(State(line: ProgressLine(style: style)))
        self.console = console
        self.time = time
        self.isQuiet = isQuiet
    }

    /// Takes one report, from any thread.
    package func show(_ progress: PushProgress) {
        guard !isQuiet else { return }
        let now = time.monotonic
        state.withLock { state in
            guard !state.isFinished, let text = state.line.handle(progress, now: now) else {
                return
            }
            if console.traits.errorIsTerminal {
                console.rewrite(text)
            } else {
                console.note(StyledText(text))
            }
        }
    }

    /// Takes the line away, so that the result stands alone.
    package func finish() {
        state.withLock { state in
            guard !state.isFinished, !isQuiet else { return }
            state.isFinished = true
            console.clearLine()
        }
    }
}
