import Testing

import TandemDaemon

struct DurationTextTests {
    @Test(arguments: [
        ("0", 0), ("90", 90_000), ("10s", 10_000), ("250ms", 250), ("5m", 300_000),
        ("1h30m", 5_400_000), ("1d", 86_400_000), ("1m0s", 60_000), ("1s500ms", 1500),
    ])
    func `durations are read as people type them`(_ text: String, _ milliseconds: Int) {
        #expect(DurationText.parse(text) == .milliseconds(milliseconds))
    }

    @Test(arguments: [
        "", "s", "-1", "+1", "1x", "1.5s", "1s1m", "1s1s", "10 s", "1sm", "99999999999999999999",
        "366d", "31536001", "٣s",
    ])
    func `what is no duration is refused`(_ text: String) {
        #expect(DurationText.parse(text) == nil)
    }
}
