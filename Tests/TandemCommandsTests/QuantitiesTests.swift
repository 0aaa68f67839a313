import Testing

@testable import TandemCommands

struct QuantitiesTests {
    @Test(arguments: [
        (0, "0"), (999, "999"), (1000, "1,000"), (18_204, "18,204"), (1_234_567, "1,234,567"),
        (-1234, "-1,234"),
    ])
    func `counts are grouped in threes`(_ value: Int, _ text: String) {
        #expect(Quantities.count(value) == text)
    }

    @Test(arguments: [
        (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (9120, "9.1 kB"), (9950, "10 kB"),
        (412_000_000, "412 MB"), (999_499, "999 kB"), (999_500, "1.0 MB"),
        (UInt64.max, "18 EB"),
    ])
    func `sizes have two or three digits`(_ value: UInt64, _ text: String) {
        #expect(Quantities.bytes(value) == text)
    }

    @Test(arguments: [
        (Duration.milliseconds(0), "0.0 s"), (.milliseconds(412), "0.4 s"), (.seconds(12), "12 s"),
        (.seconds(185), "3 min 5 s"), (.seconds(7800), "2 h 10 min"), (.seconds(3600), "1 h"),
        (.seconds(345_600), "4 d"),
    ])
    func `durations have at most two units`(_ value: Duration, _ text: String) {
        #expect(Quantities.duration(value) == text)
    }

    @Test func `one thing is singular`() {
        #expect(Quantities.count(1, "entry", "entries") == "1 entry")
        #expect(Quantities.count(2, "entry", "entries") == "2 entries")
        #expect(Quantities.count(0, "change") == "0 changes")
    }

    @Test func `a time in the future is just now`() {
        #expect(Quantities.ago(10, now: 5) == "just now")
        #expect(Quantities.ago(.min, now: .max) == "just now")
        #expect(Quantities.ago(0, now: 240_000_000_000) == "4 min ago")
    }
}
