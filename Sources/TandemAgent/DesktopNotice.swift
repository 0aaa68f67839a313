import TandemControl
import TandemSystem
import TandemTree

/// Where notices go.
package protocol NoticeSink: Sendable {
    func show(_ notice: NoticeDecider.Notice)
}

/// Shows notices by `notify-send`, where the desktop has it.
package struct DesktopNotice: NoticeSink {
    /// The variable that switches notices on.
    package static let variable = "TANDEM_NOTIFY"

    package init() {}

    /// The sink that the environment asks for; nil, as by default, shows none.
    package static func chosen(in environment: [String: String]) -> (any NoticeSink)? {
        environment[variable] == "1" ? DesktopNotice() : nil
    }

    package func show(_ notice: NoticeDecider.Notice) {
        let words = [notice.title, notice.text].map { escaped($0.utf8) }
        // No desktop, or no such program: a notice is a courtesy.
        _ = try? ChildProcess.start("notify-send", ["--app-name=tandem", "--"] + words)
    }
}
