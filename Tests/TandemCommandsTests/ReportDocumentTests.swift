import Foundation
import TandemTree
import Testing

@testable import TandemCommands
@testable import TandemSync

struct ReportDocumentTests {
    private let pair = PairDocument(
        name: "shop",
        id: "00112233",
        root: "/home/me/shop",
        vm: "devvm:/app"
    )

    @Test func `a push with one of everything as JSON`() throws {
        let report = try PushReport.busy()
        let document = ReportDocument(report, isPlan: false, pair: pair, exitCode: ExitCode(report))
        try Golden.check(try JSONDocument.text(document) + "\n", "push.json")
    }

    @Test func `a path that is not UTF-8 carries its bytes`() throws {
        let bytes: [UInt8] = [0x61, 0xFF, 0x1B]
        let document = PathDocument(try RelativePath(validating: bytes))
        #expect(document.path == "a\\xff\\x1b")
        #expect(document.pathBytes == Data(bytes).base64EncodedString())
        let plain = PathDocument(try path("ü/文"))
        #expect(plain.path == "ü/文")
        #expect(plain.pathBytes == nil)
    }

    @Test func `what acts on a terminal is escaped, and read back as it was`() throws {
        let name = "a\u{1B}[31m\u{7F}\u{9B}\u{202E}\u{2028}\u{200B}\u{E0001}é"
        let text = try JSONDocument.text(["name": name])
        for scalar in text.unicodeScalars where scalar != "\n" {
            #expect(scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value))
            #expect(scalar.properties.generalCategory != .format)
        }
        let decoded = try JSONDecoder().decode([String: String].self, from: Data(text.utf8))
        #expect(decoded["name"]?.unicodeScalars.elementsEqual(name.unicodeScalars) == true)
    }
}
