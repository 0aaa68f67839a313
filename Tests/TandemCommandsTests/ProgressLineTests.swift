import TandemSync
import Testing

@testable import TandemCommands

struct ProgressLineTests {
    private let second: UInt64 = 1_000_000_000

    @Test func `while the total is unknown it counts, then it shows rate and rest`() {
        var line = ProgressLine(style: .terminal)
        #expect(line.handle(.connecting, now: 0) == "connecting")
        #expect(
            line.handle(.connected(receiver: "tandem-receiver 0.1.0"), now: 1)
                == "connected to tandem-receiver 0.1.0"
        )
        #expect(
            line.handle(.scanning(entries: 18_204, hashedBytes: 0), now: second)
                == "scanning: 18,204 entries"
        )
        #expect(
            line.handle(.scanning(entries: 20_000, hashedBytes: 9120), now: 2 * second)
                == "scanning: 20,000 entries, 9.1 kB hashed"
        )
        #expect(
            line.handle(sending(0), now: 3 * second) == "sending: 1 of 10 files, 0 B of 100 MB"
        )
        #expect(
            line.handle(sending(20_000_000), now: 5 * second)
                == "sending: 1 of 10 files, 20 MB of 100 MB, 10 MB/s, 8.0 s left"
        )
        #expect(
            line.handle(sending(100_000_000), now: 13 * second)
                == "sending: 1 of 10 files, 100 MB of 100 MB, 10 MB/s"
        )
        #expect(
            line.handle(.applying(applied: 3, of: 10), now: 14 * second)
                == "applying: 3 of 10 changes"
        )
        #expect(line.handle(.committing, now: 14 * second) == "making it durable")
    }

    @Test func `a rewritten line changes at most ten times a second`() {
        var line = ProgressLine(style: .terminal)
        var shown = 0
        for millisecond in 0..<UInt64(1000) {
            let progress = PushProgress.scanning(entries: Int(millisecond), hashedBytes: 0)
            if line.handle(progress, now: millisecond * 1_000_000) != nil { shown += 1 }
        }
        #expect(shown == 10)
    }

    @Test func `a pipe gets a line for each step and one in ten seconds`() {
        var line = ProgressLine(style: .lines)
        var shown: [String] = []
        for time in 0..<UInt64(25) {
            let progress = PushProgress.scanning(entries: Int(time), hashedBytes: 0)
            if let text = line.handle(progress, now: time * second) { shown.append(text) }
        }
        #expect(shown == ["scanning: 0 entries", "scanning: 10 entries", "scanning: 20 entries"])
    }

    @Test func `a clock that stands still divides by nothing`() {
        var line = ProgressLine(style: .terminal)
        #expect(line.handle(sending(5), now: 7) != nil)
        #expect(line.handle(sending(99), now: 7) == nil)
    }

    private func sending(_ bytes: UInt64) -> PushProgress {
        .sending(files: 1, ofFiles: 10, bytes: bytes, ofBytes: 100_000_000)
    }
}
