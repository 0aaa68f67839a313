import Dispatch
import Foundation
import Glibc
import TandemSystem
import TandemTestSupport
import Testing

extension ProcessDeathTests {
    /// Files that are written all the time while they are pushed.
    struct HotWriterTests {
        private static let pushes = 8

        @Test func `what is written while it is pushed arrives whole, and at last all of it`()
            throws
        {
            let pair = try PairOnSSH()
            let watch = ValueWatch(pair.vm)
            let writer = try HotWriter(on: pair.laptop, watch: watch)
            try pair.expectAgreement(try pair.push(), "before the writing")
            let watching = watch.start()
            let writing = WorkerThread.start("writer") { writer.run() }
            defer {
                writer.stop()
                writing.join()
                _ = watch.stop()
                watching.join()
            }
            for _ in 0..<Self.pushes {
                let push = try pair.push()
                // Files that change faster than they can be sent are left to the next push.
                #expect([0, 1, 2].map { .status($0) }.contains(push.exit), "\(push.summary)")
                #expect(push.report?.conflicts.isEmpty == true, "\(push.summary)")
            }
            writer.stop()
            writing.join()
            try pair.expectAgreement(try pair.push(), "after the writing")
            let (observations, faults) = watch.stop()
            #expect(faults.isEmpty, "\(faults.prefix(5))")
            #expect(observations > Self.pushes)
            print("hot writer: \(writer.writes) writes, \(observations) contents observed")
        }
    }
}

/// Writes files as editors and servers do: by rename, by appending, and in place.
private final class HotWriter: Sendable {
    private struct State {
        var writes = 0
        var journal: [UInt8] = []
        var isStopped = false
    }

    private let laptop: TemporaryDirectory
    private let watch: ValueWatch
    private let pages: [OwnedFile]
    private let journal: OwnedFile
    private let state = Monitor(State())

    private static let replaced = 10
    private static let inPlace = 3
    /// One page, so that a reader sees it before or after a write.
    private static let pageBytes = 4096

    init(on laptop: TemporaryDirectory, watch: ValueWatch) throws {
        self.laptop = laptop
        self.watch = watch
        try laptop.makeFolder("hot")
        pages = try (0..<Self.inPlace).map { number in
            let name = "hot/page\(number)"
            watch.expect(name, Self.page(0))
            return try OwnedFile(try laptop.write("", to: name), Self.page(0))
        }
        watch.expect("hot/journal", [])
        journal = try OwnedFile(try laptop.write("", to: "hot/journal"), [])
        for number in 0..<Self.replaced { try replace(number, 0) }
    }

    var writes: Int { state.look { $0.writes } }

    /// Writes until `stop`, leaving the cores to the programs between two writes.
    func run() {
        while true {
            let isStopped = state.wait(until: .now() + .milliseconds(1)) { state in
                state.isStopped ? true : nil
            }
            if isStopped ?? false { return }
            try? write()
        }
    }

    func stop() { state.change { $0.isStopped = true } }

    private func write() throws {
        let count = state.look { state in
            state.writes += 1
            return state.writes
        }
        let turn = count / 3
        switch count % 3 {
        case 0: try replace(turn % Self.replaced, count)
        case 1:
            watch.expect("hot/page\(turn % Self.inPlace)", Self.page(count))
            try pages[turn % Self.inPlace].write(Self.page(count), at: 0)
        default: try append(count)
        }
    }

    private func replace(_ number: Int, _ count: Int) throws {
        let name = "hot/whole\(number)"
        let line = Array("\(name) \(count) ".utf8)
        let content = (0..<(1 + count % 700)).flatMap { _ in line }
        watch.expect(name, content)
        try laptop.replace(name, with: content)
    }

    private func append(_ count: Int) throws {
        let line = Array("line \(count)\n".utf8)
        let (whole, offset) = state.look { state in
            let offset = state.journal.count
            state.journal += line
            return (state.journal, offset)
        }
        watch.expect("hot/journal", whole)
        try journal.write(line, at: offset)
    }

    private static func page(_ count: Int) -> [UInt8] {
        let text = Array("page \(count)            ".utf8.prefix(16))
        return (0..<pageBytes / text.count).flatMap { _ in text }
    }
}

/// A file held open for writing in place.
private final class OwnedFile: Sendable {
    private let descriptor: OwnedDescriptor

    init(_ path: String, _ content: [UInt8]) throws {
        let raw = open(path, O_WRONLY | O_CLOEXEC)
        guard raw >= 0 else { throw SystemError("open", path) }
        descriptor = OwnedDescriptor(raw)
        try write(content, at: 0)
    }

    /// Writes with one call, as readers may look at any moment.
    func write(_ bytes: [UInt8], at offset: Int) throws {
        guard pwrite(descriptor.raw, bytes, bytes.count, off_t(offset)) == bytes.count else {
            throw SystemError("pwrite")
        }
    }
}
