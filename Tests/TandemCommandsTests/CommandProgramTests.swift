import Foundation
import Synchronization
import TandemDaemon
import TandemSync
import TandemTree
import Testing

@testable import TandemCommands

struct CommandProgramTests {
    private let playground: Playground
    private let record = ConsoleRecord()

    init() throws {
        playground = try Playground()
    }

    @Test func `help goes to standard output, a wrong line to standard error with 64`() throws {
        #expect(CommandProgram.run(["--help"], in: playground.context(record)) == .done)
        #expect(record.output.contains("Exit codes:"))
        let wrong = ConsoleRecord()
        #expect(CommandProgram.run(["psuh"], in: playground.context(wrong)) == .usage)
        #expect(wrong.output.isEmpty)
        #expect(wrong.errors.contains("psuh"))
    }

    @Test func `a wrong destination is explained`() throws {
        let context = playground.context(record)
        #expect(CommandProgram.run(["pair", ".", "devvm:22:/app"], in: context) == .usage)
        #expect(record.errors.contains("write ssh://devvm:22/app"))
    }

    @Test func `pair, push and status work together`() throws {
        let catalogue = MemoryCatalogue()
        let context = playground.context(record, catalogue: catalogue)
        let root = try playground.make("shop")
        #expect(CommandProgram.run(["pair", root, "devvm:/app"], in: context) == .done)
        #expect(record.output.hasPrefix("paired as shop: \(root) → devvm:/app\n"))
        let id = try #require(catalogue.pairs().first?.id)
        #expect(id.count == 16)
        #expect(CommandProgram.run(["pair", "shop", "devvm:/app"], in: context) == .done)
        #expect(record.output.contains("paired already as shop"))
        #expect(catalogue.pairs().map(\.id) == [id])
        #expect(CommandProgram.run(["push"], in: context) == .done)
        #expect(record.output.contains("in sync: 18,204 entries"))
        let after = ConsoleRecord()
        let status = playground.context(after, catalogue: catalogue)
        #expect(CommandProgram.run(["status"], in: status) == .done)
        #expect(after.output.contains("● shop  was in sync just now"))
    }

    @Test func `the conflicts of the last push are listed by status`() throws {
        let catalogue = MemoryCatalogue([try playground.entry("shop")])
        var engine = FakeEngine()
        engine.report = { _, _, _ in
            var report = try PushReport.busy()
            report.refusals = []
            return report
        }
        let context = playground.context(record, catalogue: catalogue, engine: engine)
        #expect(CommandProgram.run(["push", "shop"], in: context) == .attention)
        let after = ConsoleRecord()
        let status = playground.context(after, catalogue: catalogue)
        #expect(CommandProgram.run(["status"], in: status) == .attention)
        #expect(after.output.contains("attention: 2 conflicts, 1 cannot be synced (just now)"))
        #expect(after.output.contains("src/config.yml  both sides changed it"))
    }

    @Test func `a plan is not remembered as a push`() throws {
        let entry = try playground.entry("shop")
        let catalogue = MemoryCatalogue([entry])
        let engine = FakeEngine(report: { _, options, _ in
            #expect(options.purpose == .plan)
            return .sample()
        })
        let context = playground.context(record, catalogue: catalogue, engine: engine)
        #expect(CommandProgram.run(["plan"], in: context) == .done)
        #expect(CommandProgram.run(["push", "-n"], in: context) == .done)
        #expect(catalogue.lastRun(of: entry) == nil)
    }

    @Test func `the options of push reach the engine`() throws {
        let catalogue = MemoryCatalogue([try playground.entry("shop")])
        let engine = FakeEngine(report: { target, options, _ in
            #expect(options.purpose == .push)
            #expect(options.acceptedDeletions == 30)
            let place = "/home/state/pairs/\(Hex.text(target.pair.id))"
            #expect(target.pair.stateDirectory.hasSuffix(place))
            return .sample()
        })
        let context = playground.context(record, catalogue: catalogue, engine: engine)
        let arguments = ["push", "shop", "--accept-delete=30"]
        #expect(CommandProgram.run(arguments, in: context) == .done)
    }

    @Test func `an error says what, where and what next, and is remembered`() throws {
        let entry = try playground.entry("shop")
        let catalogue = MemoryCatalogue([entry])
        let engine = FakeEngine(report: { _, _, _ in
            throw SyncError(.halted, "this push would delete 29 of 30 entries", hint: "look first")
        })
        let context = playground.context(record, catalogue: catalogue, engine: engine)
        #expect(CommandProgram.run(["push"], in: context) == .halted)
        #expect(
            record.errors.hasSuffix(
                """
                tandem: this push would delete 29 of 30 entries
                  pair shop: devvm:/app
                  next: look first

                """
            )
        )
        let after = ConsoleRecord()
        let status = playground.context(after, catalogue: catalogue)
        #expect(CommandProgram.run(["status"], in: status) == .halted)
        #expect(after.output.contains("halted just now"))
    }

    @Test func `with --json a failure is JSON too`() throws {
        let engine = FakeEngine(report: { _, _, _ in throw SyncError(.unreachable, "no route") })
        let context = playground.context(
            record,
            catalogue: MemoryCatalogue([try playground.entry("shop")]),
            engine: engine
        )
        #expect(CommandProgram.run(["push", "--json"], in: context) == .unreachable)
        try Golden.check(record.output, "failure.json")
    }

    @Test func `a pair that another process works on is refused with its pid`() throws {
        let entry = try playground.entry("shop")
        let context = playground.context(record, catalogue: MemoryCatalogue([entry]))
        let directory = context.laptopPair(entry).stateDirectory
        try StateDirectories.prepare(directory, forbidden: 0o077)
        let lock = try StateLock(directory: directory)
        #expect(CommandProgram.run(["push"], in: context) == .failed)
        #expect(record.errors.contains("process \(getpid()) works on the pair shop"))
        #expect(CommandProgram.run(["status"], in: context) == .done)
        #expect(record.output.contains("working (process \(getpid()))"))
        extendLifetime(lock)
    }

    @Test func `an interrupted push ends with 130`() throws {
        let engine = FakeEngine(report: { _, _, stop in
            let cancelled = Mutex(false)
            stop.whenStopped { cancelled.withLock { $0 = true } }
            #expect(stop.stop(.interrupted))
            #expect(cancelled.withLock { $0 })
            throw SyncError(.interrupted, "interrupted")
        })
        let context = playground.context(
            record,
            catalogue: MemoryCatalogue([try playground.entry("shop")]),
            engine: engine
        )
        #expect(CommandProgram.run(["push"], in: context) == .interrupted)
    }

    @Test func `a push that takes longer than --wait ends with 4`() throws {
        let engine = FakeEngine(report: { _, _, stop in
            let stopped = DispatchSemaphore(value: 0)
            stop.whenStopped { stopped.signal() }
            stopped.wait()
            throw SyncError(.interrupted, "interrupted")
        })
        let context = playground.context(
            record,
            catalogue: MemoryCatalogue([try playground.entry("shop")]),
            engine: engine
        )
        #expect(CommandProgram.run(["push", "--wait", "1ms"], in: context) == .timedOut)
        #expect(record.errors.contains("--wait"))
    }

    @Test func `adopting asks, and needs --yes where nobody can be asked`() throws {
        let catalogue = MemoryCatalogue([try playground.entry("shop")])
        #expect(
            CommandProgram.run(["adopt"], in: playground.context(record, catalogue: catalogue))
                == .usage
        )
        #expect(
            CommandProgram.run(
                ["adopt", "--yes"],
                in: playground.context(record, catalogue: catalogue)
            ) == .done
        )
        let terminal = Console.Traits(errorIsTerminal: true, inputIsTerminal: true)
        for (answer, code) in [("yes", ExitCode.done), ("y", .halted), ("no", .halted)] {
            let asked = ConsoleRecord(answers: [answer])
            let context = playground.context(asked, catalogue: catalogue, traits: terminal)
            #expect(CommandProgram.run(["adopt"], in: context) == code)
            #expect(asked.errors.contains("[yes/no]"))
        }
    }

    @Test func `an item goes back to its old place or to another`() throws {
        let places = Mutex<[String]>([])
        let item = ShelvedItem.sample(id: "41", path: try path("src/old.swift"))
        let engine = FakeEngine(
            items: [item],
            restored: { item, path in places.withLock { $0.append("\(item) \(path)") } }
        )
        let context = playground.context(
            record,
            catalogue: MemoryCatalogue([try playground.entry("shop")]),
            engine: engine
        )
        func restore(_ arguments: String...) -> ExitCode {
            CommandProgram.run(["recover", "restore"] + arguments, in: context)
        }
        #expect(restore("41") == .done)
        #expect(restore("41", "--to", "./a/b/") == .done)
        #expect(restore("42") == .failed)
        #expect(restore("41", "--to", "../x") == .usage)
        #expect(places.withLock { $0 } == ["41 src/old.swift", "41 a/b"])
        #expect(CommandProgram.run(["recover"], in: context) == .done)
        #expect(record.output.contains("1 item on the vm's shelf, 12 B"))
    }

    @Test func `doctor names what must be mended`() throws {
        let engine = FakeEngine(receiver: { throw SyncError(.unreachable, "no route to host") })
        let catalogue = MemoryCatalogue([try playground.entry("shop")])
        let bad = playground.context(record, catalogue: catalogue, engine: engine)
        #expect(CommandProgram.run(["doctor"], in: bad) == .unreachable)
        #expect(record.output.hasPrefix("shop: 1 thing must be mended\n"))
        let well = ConsoleRecord()
        let good = playground.context(well, catalogue: catalogue)
        #expect(CommandProgram.run(["doctor"], in: good) == .done)
        #expect(well.output.contains("ok   receiver     tandem-receiver 0.1.0, protocol 1\n"))
    }
}

extension CommandProgramTests {
    @Test func `a pair whose receiver does not answer leaves nothing behind`() throws {
        let catalogue = MemoryCatalogue()
        let engine = FakeEngine(receiver: { throw SyncError(.unreachable, "no route") })
        let context = playground.context(record, catalogue: catalogue, engine: engine)
        let root = try playground.make("shop")
        #expect(CommandProgram.run(["pair", root, "devvm:/app"], in: context) == .unreachable)
        #expect(catalogue.pairs().isEmpty)
        let states = "\(context.directories.state)/pairs"
        #expect(try FileManager.default.contentsOfDirectory(atPath: states).isEmpty)
    }

    @Test func `an interrupted push is shown as one`() throws {
        let catalogue = MemoryCatalogue([try playground.entry("shop")])
        let engine = FakeEngine(report: { _, _, _ in throw SyncError(.interrupted, "stopped") })
        let context = playground.context(record, catalogue: catalogue, engine: engine)
        #expect(CommandProgram.run(["push"], in: context) == .interrupted)
        #expect(CommandProgram.run(["status"], in: context) == .attention)
        #expect(record.output.contains("interrupted just now"))
    }
}
