import Foundation
import Logging
import TandemDaemon
import Testing

struct DaemonLogTests {
    private func logged(_ body: (Logger) -> Void) throws -> String {
        let scratch = try ScratchDirectory()
        let file = try LogFile(directory: scratch.path, name: "a")
        body(DaemonLog(file: file, mirror: nil, clock: ManualTime()).logger("agent"))
        return try scratch.text(of: "a.log")
    }

    @Test func `an event is one JSON line with time, level, logger, message and metadata`() throws {
        let text = try logged {
            $0.notice("pushed", metadata: ["files": .stringConvertible(3), "pair": "shop"])
        }
        #expect(
            text == #"{"time":"2023-11-14T22:13:20.000000Z","level":"notice","logger":"agent","#
                + #""message":"pushed","files":3,"pair":"shop"}"# + "\n"
        )
    }

    @Test func `nested metadata is nested JSON`() throws {
        let text = try logged {
            $0.info(
                "m",
                metadata: ["a": ["x", ["k": "v"]], "b": .stringConvertible(true), "level": "mine"]
            )
        }
        #expect(text.hasSuffix(#""a":["x",{"k":"v"}],"b":true,"level_":"mine"}"# + "\n"))
    }

    @Test func `a secret is never written, at any depth`() throws {
        let text = try logged {
            $0.info(
                "m",
                metadata: [
                    "Passphrase": "hunter2", "ssh": ["private-key": "hunter2", "user": "me"],
                    "token": .stringConvertible(4711),
                ]
            )
        }
        #expect(!text.contains("hunter2"))
        #expect(!text.contains("4711"))
        #expect(text.contains(#""user":"me""#))
    }

    @Test func `what would act on a terminal or break the line is escaped`() throws {
        let nasty = "a\nb\u{1B}[31m\u{9B}\u{7F}\u{202E}\u{2028}\u{200D}\u{E0041}\"\\\u{0}é"
        let text = try logged { $0.info("\(nasty)") }
        #expect(text.filter(\.isNewline).count == 1)
        #expect(
            text.contains(
                #""a\nb\u001b[31m\u009b\u007f\u202e\u2028\u200d\udb40\udc41\"\\\u0000é""#
            )
        )
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        #expect(object?["message"] as? String == nasty)
    }

    @Test func `a huge event is cut and stays one valid line`() throws {
        let text = try logged { logger in
            let many = (0..<100).map { ("k\($0)", Logger.MetadataValue.string("0123456789" * 100)) }
            logger.info("\("x" * 20_000)", metadata: Dictionary(uniqueKeysWithValues: many))
        }
        #expect(text.utf8.count < 65_536)
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        #expect(object?["cut"] as? Bool == true)
    }

    @Test func `events under the level leave no trace`() throws {
        let scratch = try ScratchDirectory()
        let file = try LogFile(directory: scratch.path, name: "a")
        let level = DaemonLog.level(in: ["TANDEM_LOG": "Error"])
        DaemonLog(file: file, mirror: nil).logger("agent", level: level).warning("quiet")
        #expect(try scratch.text(of: "a.log") == "")
        #expect(DaemonLog.level(in: ["TANDEM_LOG": "loud"]) == .info)
    }

    @Test func `a mirror that nobody reads does not stop the log`() throws {
        let scratch = try ScratchDirectory()
        let file = try LogFile(directory: scratch.path, name: "a")
        DaemonLog(file: file, mirror: 9999).logger("agent").info("still here")
        #expect(try scratch.text(of: "a.log").contains("still here"))
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000000Z"), (-1, "1969-12-31T23:59:59.999999Z"),
        (951_782_400_000_000_000, "2000-02-29T00:00:00.000000Z"),
        (1_709_251_199_123_456_789, "2024-02-29T23:59:59.123456Z"),
        (4_107_542_400_000_000_000, "2100-03-01T00:00:00.000000Z"),
        (Int64.max, "2262-04-11T23:47:16.854775Z"), (Int64.min, "1677-09-21T00:12:43.145224Z"),
    ])
    func `times are written as RFC 3339`(nanoseconds: Int64, text: String) {
        #expect(Timestamp.text(nanoseconds) == text)
    }
}

private func * (text: String, count: Int) -> String { String(repeating: text, count: count) }
