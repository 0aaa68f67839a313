import TandemTree
import Testing

@testable import TandemProtocol

/// The wire cases of the list of bad inputs, by their numbers there.
struct BadInputTests {
    @Test
    func `bad input 89: a length of 0 or far too much is refused at its fourth byte`() {
        #expect(receive([0, 0, 0, 0]) == .frameEmpty)
        #expect(receive([0xff, 0xff, 0xff, 0x7f]) == .frameTooLarge)
        #expect(receive([0xff, 0xff, 0xff, 0xff]) == .frameTooLarge)
        #expect(receive([0, 0, 0, 0x80]) == .frameTooLarge)
    }

    @Test
    func `bad input 89: a length of 1 is a frame without payload`() throws {
        #expect(try frames([1, 0, 0, 0, 0x03]) == [Frame(type: .compare, payload: [])])
        #expect(laptopCode(.hello, []) == .truncated)
    }

    @Test
    func `bad input 90: a frame may have 1 MiB and not a byte more`() throws {
        let limit = Limits.frame
        #expect(receive([0x01, 0x00, 0x10, 0x00]) == .frameTooLarge)
        let largest = try frame(.rules, Array(repeating: 0, count: limit - 1))
        #expect(try frames(largest).first?.payload.count == limit - 1)
        #expect(code { _ = try frame(.rules, Array(repeating: 0, count: limit)) } == .frameTooLarge)
    }

    @Test
    func `bad input 91: an unknown type is refused before its payload comes`() throws {
        var ends = try TwoEnds()
        #expect(code { _ = try ends.vm.receive([9, 0, 0, 0, 0x30], now: 0) } == .unknownType)
        #expect(code { _ = try ends.laptop.receive([9, 0, 0, 0, 0x66], now: 0) } == .unknownType)
    }

    @Test
    func `bad input 91: one side's messages mean nothing from the other`() throws {
        for (name, message) in try Samples.vm() where message.type.rawValue < 0x7d {
            let payload = try #require(try frames(message.frame()).first).payload
            #expect(laptopCode(message.type, payload) == .unknownType, "\(name)")
        }
        for (name, message) in try Samples.laptop() where message.type.rawValue < 0x7d {
            let payload = try #require(try frames(message.frame()).first).payload
            #expect(vmCode(message.type, payload) == .unknownType, "\(name)")
        }
    }

    @Test
    func `bad input 94: a count without bytes costs nothing`() {
        let huge: [UInt8] = [0x80, 0x80, 0x80, 0x80, 0x10]
        #expect(laptopCode(.list, huge) == .tooMany)
        #expect(laptopCode(.changes, [0] + huge) == .tooMany)
        #expect(vmCode(.need, huge) == .tooMany)
        #expect(vmCode(.outcome, huge) == .tooMany)
        #expect(vmCode(.applied, huge) == .tooMany)
        #expect(vmCode(.shelfItems, huge) == .tooMany)
        #expect(vmCode(.listing, [0, 1] + huge) == .tooMany)
        #expect(laptopCode(.list, [0x80, 0x80, 0x01]) == .truncated)
        #expect(laptopCode(.rules, huge) == .tooLong)
    }

    @Test
    func `bad input 96: the same path twice is refused, in one frame and over two`() throws {
        let change = Change(path: Samples.path("a"), expected: nil, new: .directory)
        var ends = try TwoEnds()
        #expect(code { try ends.begin([change, change]) } == .duplicatePath)
        var order = ChangeOrder()
        try order.check(change)
        #expect(code { try order.check(change) } == .duplicatePath)
    }

    @Test
    func `bad input 96: nothing new stands under a file of the same batch`() {
        let child = Change(path: Samples.path("a/b"), expected: nil, new: Samples.file(1))
        let removed = Change(path: Samples.path("a/b"), expected: Samples.file(1), new: nil)
        for new in [Samples.file(1), nil] {
            let parent = Change(path: Samples.path("a"), expected: .directory, new: new)
            var order = ChangeOrder()
            #expect(throws: Never.self) { try order.check(parent) }
            #expect(throws: Never.self) { try order.check(removed) }
            var again = ChangeOrder()
            #expect(throws: Never.self) { try again.check(parent) }
            #expect(code { try again.check(child) } == .badPath)
        }
    }

    @Test(arguments: [
        "", ".", "..", "a/..", "../a", "/a", "a/", "a//b", "a/./b", "a\0b", ".tandem", ".TANDEM",
        "a/.Tandem/b", ".tan\u{200d}dem", String(repeating: "n", count: 256),
    ])
    func `bad input 97: a path that may not be named is refused everywhere`(_ text: String) throws {
        let bytes = Array(text.utf8)
        var whole: [UInt8] = []
        whole.append(counted: bytes)
        let item: [UInt8] = [1, 0x61]
        #expect(laptopCode(.changes, [0, 1, 0] + whole + [0, 2, 0]) == .badPath)
        #expect(laptopCode(.shelfRestore, item + whole) == .badPath)
        #expect(vmCode(.applied, [1, 0] + whole + [0, 2, 1]) == .badPath)
        #expect(vmCode(.failure, [1, 0, 1] + whole) == .badPath)
        guard !bytes.isEmpty else { return }
        #expect(laptopCode(.list, [1, 0] + whole) == .badPath)
        #expect(laptopCode(.shelfList, whole) == .badPath)
        #expect(vmCode(.listing, whole + [1, 0]) == .badPath)
    }

    @Test(arguments: ["", ".", "..", "a/b", "a\0", ".tandem", ".Tandem"])
    func `bad input 97: a listed name that is none is refused`(_ text: String) {
        var payload: [UInt8] = [0, 1, 1]
        payload.append(counted: Array(text.utf8))
        #expect(vmCode(.listing, payload + [2]) == .badPath)
    }

    @Test
    func `bad input 97: a shared prefix longer than the path before is refused`() {
        #expect(laptopCode(.list, [2, 0, 1, 0x61, 2, 1, 0x62]) == .outOfRange)
        #expect(laptopCode(.list, [1, 1, 1, 0x61]) == .outOfRange)
    }

    @Test
    func `bad input 100: an offset or length beyond any file is refused`() throws {
        var far: [UInt8] = [0]
        far.appendVarint(UInt64(1) << 63)
        far += [1, 0, 0, 0, 0x61]
        #expect(laptopCode(.data, pack(far)) == .outOfRange)
        var last: [UInt8] = [0]
        last.appendVarint(UInt64(Int64.max))
        last += [1, 0, 0, 0, 0x61]
        #expect(laptopCode(.data, pack(last)) == .outOfRange)
        #expect(laptopCode(.data, pack([0, 0, 0xff, 0xff, 0xff, 0xff, 0x61])) == .truncated)
        #expect(laptopCode(.data, pack([0, 0, 0, 0, 0, 0])) == .outOfRange)
    }

    @Test
    func `bad input 106: a directory cannot move into itself or out of itself`() {
        for source in ["a", "a/b", "a/b/c/d"] {
            let change = Change(
                path: Samples.path("a/b/c"),
                expected: nil,
                new: .directory,
                source: .move(Samples.path(source))
            )
            #expect(code { try ChangeCodec.validate(change) } == .badValue, "\(source)")
        }
        let itself = Change(
            path: Samples.path("a"),
            expected: nil,
            new: .directory,
            source: .move(Samples.path("a"))
        )
        #expect(code { try ChangeCodec.validate(itself) } == .badValue)
    }

    @Test
    func `bad input 107: an unsorted manifest is refused`() throws {
        #expect(laptopCode(.list, [2, 0, 1, 0x62, 0, 1, 0x61]) == .unsorted)
        #expect(vmCode(.listing, [0, 1, 2, 1, 0x62, 2, 1, 0x61, 2]) == .unsorted)
        #expect(vmCode(.outcome, [2, 4, 2, 0, 4, 2, 0]) == .unsorted)
        // As plain bytes "a-b" stands before "a/c"; component by component it does not.
        let paths = ["a", "a-b", "a/c"].map(Samples.path)
        let changes = paths.map { Change(path: $0, expected: nil, new: .directory) }
        var ends = try TwoEnds()
        #expect(code { try ends.begin(changes) } == .unsorted)
    }

    @Test
    func `paths that unpack to more than 8 MiB are refused, however few bytes they take`() {
        let long = [UInt8](
            repeatElement(Array(repeating: 0x64, count: 249) + [0x2f], count: 256).joined()
                .dropLast()
        )
        var payload: [UInt8] = []
        payload.appendVarint(count: 1_000)
        var writer = PathWriter()
        for name in 0..<1_000 {
            let path = RelativePath(trusted: long + Array("/\(1_000 + name)".utf8))
            writer.append(path, to: &payload)
        }
        #expect(payload.count < 100_000)
        #expect(laptopCode(.list, payload) == .tooMany)
    }

    private func receive(_ bytes: [UInt8]) -> ProtocolError.Code? {
        var end = VMEnd(now: 0)
        return code { _ = try end.receive(bytes, now: 0) }
    }

    private func pack(_ records: [UInt8]) -> [UInt8] {
        var payload: [UInt8] = [0]
        payload.appendFixed32(UInt32(records.count))
        return payload + records
    }
}
