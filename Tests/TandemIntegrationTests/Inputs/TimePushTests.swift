import Foundation
import Glibc
import TandemTestSupport
import Testing

/// Times that mislead, through both programs and a real sshd.
@Suite(.serialized) struct TimePushTests {
    private let live: LivePair

    init() throws { live = try LivePair() }

    private func path(_ name: String) -> String { "\(live.laptop)/\(name)" }

    @Test(.tags(.live))
    func `bad input 56, 57, 58 and 61: no time of a file keeps it from being synced`() throws {
        let times = [
            "before-1970": "1969-12-31T23:59:58.5Z", "negative": "1905-01-01T00:00:00Z",
            "2200": "2200-01-01T00:00:00Z", "9999": "9999-12-31T23:59:59Z",
            "soon": "now + 1 hour", "whole": "2020-01-01T00:00:00Z",
        ]
        for (name, time) in times {
            try live.write("old", to: name)
            try Command.run("touch", ["-d", time, path(name)])
        }
        #expect(try live.push().code == 0)
        #expect(try live.differences() == "")
        for (name, time) in times {
            try live.write("new", to: name)
            try Command.run("touch", ["-d", time, path(name)])
        }
        #expect(try live.push().code == 0)
        #expect(try live.differences() == "")
        #expect(times.keys.allSatisfy { live.onVM($0) == "new" })
    }

    @Test(.tags(.live))
    func `bad input 59 and 60: an edit of the same size is found, at once or with the old time`()
        throws
    {
        try live.write("one", to: "tick")
        try live.write("one", to: "back")
        try Command.run("touch", ["-d", "2020-01-01T00:00:00Z", path("back")])
        try Command.run("cp", ["-p", path("back"), live.directory.path("reference")])
        #expect(try live.push().code == 0)
        try live.write("two", to: "tick")
        let file = try #require(FileHandle(forWritingAtPath: path("back")))
        try file.write(contentsOf: Data("two".utf8))
        try file.close()
        try Command.run("touch", ["-r", live.directory.path("reference"), path("back")])
        #expect(try live.push().code == 0)
        #expect(live.onVM("tick") == "two")
        #expect(live.onVM("back") == "two")
    }

    @Test(.tags(.live))
    func `bad input 62: 2,000 files touched but not changed send no content`() throws {
        for number in 0..<2_000 { try live.write("\(number)", to: "d\(number % 20)/\(number)") }
        #expect(try live.push().code == 0)
        try Command.run("find", [live.laptop, "-type", "f", "-exec", "touch", "{}", "+"])
        let end = try live.push("--json")
        #expect(end.code == 0, "\(end.said)")
        #expect(try SentBytes(end).sent == 0)
        #expect(try live.differences() == "")
    }
}
