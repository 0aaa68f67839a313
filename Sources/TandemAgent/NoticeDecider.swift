package import TandemControl

/// Decides when a person is told on the desktop: when a pair begins to need one, and only then.
package struct NoticeDecider: Sendable {
    package struct Notice: Sendable, Hashable {
        package var title: String
        package var text: String
    }

    private var last: [String: Verdict] = [:]

    package init() {}

    /// Takes a pair's state.
    ///
    /// - Returns: what to say; nil when nothing got worse.
    package mutating func look(_ status: PairStatus) -> Notice? {
        let before = last.updateValue(status.verdict, forKey: status.pair.id) ?? .ok
        guard status.verdict >= .attention, status.verdict > before else { return nil }
        return Notice(
            title: "tandem: \(status.pair.name) \(status.verdict.rawValue)",
            text: status.needs ?? status.headline
        )
    }
}
