import Foundation
import TandemTestSupport
import Testing

@testable import TandemProtocol

/// The blocks of bytes in docs/PROTOCOL.md, by name.
struct DocumentedBytes {
    var blocks: [String: [UInt8]] = [:]

    init() throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../docs/PROTOCOL.md")
        var name: String?
        for line in try String(contentsOf: page, encoding: .utf8).components(separatedBy: "\n") {
            if line.hasPrefix("```bytes ") {
                name = String(line.dropFirst(9))
                blocks[name ?? "", default: []] = []
            } else if line == "```" {
                name = nil
            } else if let name {
                blocks[name, default: []] += try Self.bytes(of: line)
            }
        }
    }

    /// Reads `0a`, `0a*16` and `"text"` up to the two spaces before the comment.
    private static func bytes(of line: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        let field = line.components(separatedBy: "  ").first ?? ""
        for match in field.matches(of: /"(?<text>[^"]*)"|(?<hex>[0-9a-f]{2})(\*(?<times>[0-9]+))?/)
        {
            if let text = match.text {
                bytes += Array(text.utf8)
            } else {
                let byte = try #require(match.hex.flatMap { UInt8($0, radix: 16) })
                bytes += Array(repeating: byte, count: match.times.flatMap { Int($0) } ?? 1)
            }
        }
        return bytes
    }
}

struct GoldenBytesTests {
    @Test(.tags(.golden))
    func `the laptop's messages have the documented bytes`() throws {
        let documented = try DocumentedBytes().blocks
        for (name, message) in try Samples.laptop() {
            let bytes = try #require(documented[name], "no block \(name)")
            #expect(try message.frame() == bytes, "\(name)")
            #expect(try frames(bytes).map { try LaptopMessage($0) } == [message], "\(name)")
        }
    }

    @Test(.tags(.golden))
    func `the vm's messages have the documented bytes`() throws {
        let documented = try DocumentedBytes().blocks
        for (name, message) in try Samples.vm() {
            let bytes = try #require(documented[name], "no block \(name)")
            #expect(try message.frame() == bytes, "\(name)")
            #expect(try frames(bytes).map { try VMMessage($0) } == [message], "\(name)")
        }
    }

    @Test(.tags(.golden))
    func `the greeting has the documented bytes`() throws {
        #expect(try DocumentedBytes().blocks["Greeting"] == VMEnd(now: 0).greeting)
    }

    @Test
    func `every frame type is documented, and nothing else`() throws {
        let names = Set(try Samples.laptop().map(\.name) + Samples.vm().map(\.name))
        #expect(Set(try DocumentedBytes().blocks.keys) == names.union(["Greeting"]))
        let types = Set(try Samples.laptop().map(\.message.type) + Samples.vm().map(\.message.type))
        #expect(types == Set(FrameType.allCases))
    }
}

/// The frames in a whole number of frames' bytes.
func frames(_ bytes: [UInt8]) throws -> [Frame] {
    var assembler = FrameAssembler()
    var found: [Frame] = []
    try bytes.withUnsafeBytes { all in
        var input = all
        while let frame = try assembler.next(&input) { found.append(frame) }
    }
    try #require(assembler.isEmpty, "the bytes end inside a frame")
    return found
}
