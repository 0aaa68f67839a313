import Testing

import TandemFiles

struct DebouncerTests {
    private static let millisecond: UInt64 = 1_000_000
    private var debouncer = Debouncer()

    private mutating func dirty(_ milliseconds: UInt64, git: GitActivity = .none) {
        debouncer.handle(.dirty(milliseconds * Self.millisecond))
        debouncer.handle(.git(git))
    }

    private mutating func tick(_ milliseconds: UInt64) -> Debouncer.Verdict {
        debouncer.tick(milliseconds * Self.millisecond)
    }

    private static func wait(_ milliseconds: UInt64) -> Debouncer.Verdict {
        .wait(until: milliseconds * millisecond)
    }

    @Test mutating func `nothing dirty is nothing to do`() {
        #expect(tick(1_000) == .idle)
    }

    @Test mutating func `the first event of a quiet tree is acted on at once`() {
        dirty(1_000)
        #expect(tick(1_000) == .fire)
        #expect(tick(1_000) == .idle)
        dirty(1_030)
        #expect(tick(1_030) == .fire)
    }

    @Test mutating func `what follows closely is gathered until it is quiet`() {
        dirty(1_000)
        #expect(tick(1_000) == .fire)
        dirty(1_001)
        #expect(tick(1_001) == Self.wait(1_021))
        dirty(1_010)
        #expect(tick(1_021) == Self.wait(1_030))
        #expect(tick(1_030) == .fire)
        #expect(tick(1_050) == .idle)
    }

    @Test mutating func `what somebody took is not acted on, and what follows is the same burst`() {
        dirty(1_000)
        debouncer.clear()
        #expect(tick(1_000) == .idle)
        dirty(1_005)
        #expect(tick(1_005) == Self.wait(1_025))
    }

    @Test mutating func `a burst without end is acted on twice a second`() {
        dirty(0)
        var fired: [UInt64] = []
        for now in UInt64(0)..<2_000 {
            if now % 5 == 0 { dirty(now) }
            if tick(now) == .fire { fired.append(now) }
        }
        #expect(fired.first == 0)
        #expect(fired.count >= 4 && fired.count <= 5)
        for (earlier, later) in zip(fired.dropFirst(), fired.dropFirst(2)) {
            #expect(later - earlier <= 510)
        }
    }

    @Test mutating func `while git holds its lock the tree settles, and goes when it is done`() {
        for now in stride(from: UInt64(1_000), to: 5_000, by: 5) {
            dirty(now, git: .locked)
            #expect(tick(now) == Self.wait(now + 50))
        }
        debouncer.handle(.git(.none))
        #expect(tick(5_015) == .fire)
        #expect(!debouncer.gaveUpOnGit)
    }

    @Test mutating func `a lock left behind delays ten seconds after the last event`() {
        dirty(1_000, git: .locked)
        #expect(tick(10_999) == Self.wait(11_000))
        #expect(tick(11_000) == .fire)
        #expect(debouncer.gaveUpOnGit)
    }

    @Test mutating func `git delays nothing by more than two minutes`() {
        dirty(1_000, git: .locked)
        var now: UInt64 = 1_000
        while tick(now) != .fire {
            now += 100
            dirty(now, git: .locked)
            guard now < 200_000 else { break }
        }
        #expect(now == 121_000)
    }

    @Test mutating func `a rebase that waits for a person delays an edit by a second`() {
        dirty(1_000, git: .amid)
        #expect(tick(1_000) == Self.wait(1_050))
        #expect(tick(1_999) == Self.wait(2_000))
        #expect(tick(2_000) == .fire)
        #expect(!debouncer.gaveUpOnGit)
    }
}
