import TandemTestSupport
import TandemTree
import Testing

@testable import TandemProtocol

struct DataPackerTests {
    @Test(arguments: [true, false])
    func `content of any size comes out as it went in`(_ compress: Bool) throws {
        var random = SeededGenerator(seed: 7)
        var files: [[UInt8]] = [1, 2, 524_287, 524_288, 524_289, 1_500_000].map { size in
            (0..<size).map { UInt8(truncatingIfNeeded: $0 / 100) }
        }
        files += (0..<3_000).map { _ in
            (0..<(1 + random.below(300))).map { _ in UInt8(random.below(256)) }
        }
        var packer = DataPacker(compress: compress)
        var packs: [PackedFrame] = []
        for (id, file) in files.enumerated() {
            packer.add(UInt32(id), offset: 0, file) { packs.append($0) }
        }
        packer.flush { packs.append($0) }
        #expect(try unpack(packs, count: files.count) == files)
        for pack in packs { #expect(pack.bytes.count <= Limits.rawPack + 10) }
    }

    @Test
    func `what compresses is sent compressed, and what does not is not`() throws {
        let text = Array(
            repeatElement(Array("let total = count + 1\n".utf8), count: 10_000).joined()
        )
        let small = try packed(text, compress: true)
        #expect(small.bytes.count < text.count / 10)
        #expect(small.bytes[5] == DataPack.compressed)
        #expect(try unpack([small], count: 1) == [text])
        #expect(try packed(text, compress: false).bytes[5] == 0)
        var random = SeededGenerator(seed: 3)
        let noise = (0..<200_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        #expect(try packed(noise, compress: true).bytes[5] == 0)
    }

    @Test
    func `after failures in a row compression is tried rarely, after a success always`() {
        var chooser = CompressionChooser(enabled: true)
        var tries = 0
        for _ in 0..<320 where chooser.shouldTry() {
            tries += 1
            chooser.failed()
        }
        #expect(tries < 16)
        while !chooser.shouldTry() {}
        chooser.succeeded()
        #expect((0..<10).allSatisfy { _ in chooser.shouldTry() })
        var never = CompressionChooser(enabled: false)
        let tried = never.shouldTry()
        #expect(!tried)
    }

    @Test
    func `a sent frame's memory is used again, and nothing is left of it`() throws {
        var packer = DataPacker(compress: false)
        var first: [PackedFrame] = []
        packer.add(9, offset: 0, [1, 2, 3]) { first.append($0) }
        packer.flush { first.append($0) }
        packer.recycle(first.removeFirst())
        var later: [PackedFrame] = []
        for id in 0..<2 as Range<UInt32> {
            packer.add(id, offset: 5, [4]) { later.append($0) }
            packer.flush { later.append($0) }
        }
        #expect(
            later.map(\.content) == [
                .data(highestID: 0, contentBytes: 1, cost: 7),
                .data(highestID: 1, contentBytes: 1, cost: 7),
            ]
        )
    }

    @Test
    func `a pack that unpacks to another length than it says is refused`() throws {
        let text = [UInt8](repeating: 0x61, count: 100_000)
        var payload = Array(try packed(text, compress: true).bytes.dropFirst(5))
        for raw in [1, 99_999, 524_288] as [UInt32] {
            payload.setFixed32(raw, at: 1)
            #expect(laptopCode(.data, payload) == .badCompression)
        }
        payload.setFixed32(524_289, at: 1)
        #expect(laptopCode(.data, payload) == .outOfRange)
        #expect(laptopCode(.data, [1, 5, 0, 0, 0]) == .truncated)
        #expect(laptopCode(.data, [1, 5, 0, 0, 0, 1, 2, 3]) == .badCompression)
        #expect(laptopCode(.data, [2, 1, 0, 0, 0, 0]) == .badValue)
        #expect(laptopCode(.data, [0, 0, 0, 0, 0]) == .outOfRange)
    }

    private func packed(_ content: [UInt8], compress: Bool) throws -> PackedFrame {
        var packer = DataPacker(compress: compress)
        var packs: [PackedFrame] = []
        packer.add(0, offset: 0, content) { packs.append($0) }
        packer.flush { packs.append($0) }
        #expect(packs.count == 1)
        return try #require(packs.first)
    }

    private func unpack(_ packs: [PackedFrame], count: Int) throws -> [[UInt8]] {
        var files = [[UInt8]](repeating: [], count: count)
        for pack in packs {
            let frame = try #require(try frames(pack.bytes).first)
            let data = try DataPack(decoding: frame.payload)
            let highest = try #require(data.records.map(\.id).max())
            let content = PackedFrame.Content.data(
                highestID: highest,
                contentBytes: UInt64(data.contentBytes),
                cost: UInt64(data.cost)
            )
            #expect(pack.content == content)
            for record in data.records {
                #expect(record.offset == UInt64(files[Int(record.id)].count))
                data.withContent(of: record) { files[Int(record.id)] += Array($0) }
            }
        }
        return files
    }
}

struct ChangesPackerTests {
    @Test
    func `a large batch is split over frames and comes out whole`() throws {
        let changes = (0..<40_000).map { number in
            Change(
                path: Samples.path("directory/\(100_000 + number)"),
                expected: nil,
                new: number.isMultiple(of: 2) ? .directory : Samples.file(UInt64(number))
            )
        }
        var ends = try TwoEnds()
        try ends.say(
            .begin(Begin(point: Samples.next, changes: 40_000, contentBytes: 0, askFirst: false))
        )
        let packed = try ChangesPacker.frames(changes)
        #expect(packed.count > 2)
        var heard: [Change] = []
        for frame in packed {
            try ends.laptop.admit(frame)
            for case .message(.changes(let run)) in try ends.vm.receive(frame.bytes, now: 0) {
                #expect(run.firstID == UInt32(heard.count))
                heard += run.changes
            }
        }
        #expect(heard == changes)
        try ends.say(.end(changes: 40_000))
    }

    @Test
    func `long paths fill a frame before they break the limit on paths`() throws {
        let long = String(repeating: String(repeating: "d", count: 239) + "/", count: 250)
        let changes = (0..<300).map { number in
            Change(path: Samples.path(long + "\(1_000 + number)"), expected: nil, new: .directory)
        }
        let packed = try ChangesPacker.frames(changes)
        #expect(packed.count == 3)
        for frame in packed {
            #expect(throws: Never.self) { try frames(frame.bytes).map { try LaptopMessage($0) } }
        }
    }

    @Test
    func `a batch out of order is not packed`() {
        let changes = ["b", "a"].map {
            Change(path: Samples.path($0), expected: nil, new: .directory)
        }
        #expect(code { _ = try ChangesPacker.frames(changes) } == .unsorted)
    }
}

struct ListingPackerTests {
    @Test
    func `a large directory is listed over several frames`() throws {
        let names = (0..<40_000).map { Array("\(100_000 + $0)".utf8) }
        var packer = ListingPacker(Samples.path("src"))
        var bytes: [UInt8] = []
        for name in names { bytes += try packer.add(name, Samples.file(1)) ?? [] }
        bytes += packer.finish()
        var ends = try TwoEnds()
        try ends.say(.list([Samples.path("src")]))
        var heard: [[UInt8]] = []
        for case .message(.listing(let listing)) in try ends.laptop.receive(bytes, now: 0) {
            heard += listing.items.map(\.name)
        }
        #expect(heard == names)
    }

    @Test
    func `an empty directory is one frame, and an unsorted one none`() throws {
        var empty = ListingPacker(.root)
        let frame = try #require(try frames(empty.finish()).first)
        #expect(try VMMessage(frame) == .listing(Listing(path: .root, end: .complete, items: [])))
        var packer = ListingPacker(.root)
        _ = try packer.add([0x62], .directory)
        #expect(code { _ = try packer.add([0x61], .directory) } == .unsorted)
        #expect(code { _ = try packer.add([0x62], .directory) } == .duplicatePath)
    }
}

struct MessageSplittingTests {
    @Test
    func `change numbers are gathered into ranges`() {
        let messages = Need.messages(for: [0, 1, 2, 5, 7, 8] as [UInt32])
        #expect(messages == [.need(Need(ranges: [0..<3, 5..<6, 7..<9], last: true))])
        #expect(Need.messages(for: [] as [UInt32]) == [.need(Need(ranges: [], last: true))])
        let many = Need.messages(for: stride(from: 0, to: UInt32(40_000), by: 2))
        #expect(many.count == 2)
    }

    @Test
    func `a rule set is cut into pieces, an empty one into one`() throws {
        let rules = [UInt8](repeating: 7, count: Limits.ruleChunk + 1)
        for ruleSet in [rules, []] {
            var whole: [UInt8] = []
            var last: [Bool] = []
            for case .rules(let chunk) in RulesChunk.chunks(of: ruleSet) {
                whole += chunk.bytes
                last.append(chunk.last)
            }
            #expect(whole == ruleSet)
            #expect(last.last == true && last.filter { $0 }.count == 1)
        }
    }

    @Test
    func `rules beyond 4 MiB are refused`() throws {
        var ends = try TwoEnds()
        let chunk = RulesChunk(bytes: Array(repeating: 0, count: Limits.ruleChunk), last: false)
        for _ in 0..<(Limits.ruleSet / Limits.ruleChunk) { try ends.say(.rules(chunk)) }
        #expect(code { try ends.say(.rules(RulesChunk(bytes: [1], last: true))) } == .tooLong)
    }
}
