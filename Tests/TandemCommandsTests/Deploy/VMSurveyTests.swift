import Foundation
import TandemProject
import TandemSystem
import TandemTestSupport
import Testing

@testable import TandemCommands

struct VMSurveyTests {
    @Test func `an ordinary answer is read`() throws {
        let survey = try VMSurvey(parsing: SurveySample.answer(before: "Welcome to Debian!\n"))
        #expect(survey.machine == "x86_64")
        #expect(survey.home == "/home/me")
        #expect(survey.runtimeDirectory == "/run/user/1000")
        #expect(survey.podman == PodmanVersion(5, 4))
        #expect(survey.freeBytes == 1 << 30)
        #expect(survey.controllers == ["cpu", "memory", "pids"])
        #expect(survey.rootPlace == .missing)
        #expect(survey.record == nil && survey.binary == nil && survey.missingTools.isEmpty)
    }

    @Test(arguments: SurveySample.fields.indices)
    func `an answer that lacks a key, or has it twice, is refused`(_ index: Int) {
        var fields = SurveySample.fields
        let field = fields.remove(at: index)
        #expect(throws: CommandError.self) {
            try VMSurvey(parsing: SurveySample.answer(fields))
        }
        #expect(throws: CommandError.self) {
            try VMSurvey(parsing: SurveySample.answer(SurveySample.fields + [field]))
        }
    }

    static let wrong: [(key: String, value: String)] = [
        ("uid", "-1"), ("uid", "4294967296"), ("home", ""), ("home", "2f0"), ("home", "6161"),
        ("home", "2f00"), ("home", "2fff"), ("runtime", "zz"), ("podman", "five"),
        ("services", "maybe"), ("free", "-1"), ("free", "99999999999999999999"), ("root", ""),
        ("rootplace", "file"), ("binary", "abc"), ("record", "f"), ("process", ""),
        ("machine", ""),
    ]

    @Test(arguments: wrong.indices)
    func `a value of another form is refused`(_ index: Int) {
        let (key, value) = Self.wrong[index]
        let fields = SurveySample.fields.map { $0.key == key ? (key, value) : $0 }
        #expect(throws: CommandError.self, "\(key)=\(value)") {
            try VMSurvey(parsing: SurveySample.answer(fields))
        }
    }

    @Test func `an unknown key, a line that is none, and half an answer are refused`() {
        let answers = [
            SurveySample.answer(SurveySample.fields + [("colour", "red")]),
            SurveySample.answer(SurveySample.fields + [("x\nno equals sign", "")]),
            SurveySample.answer(last: ""), [], Array("This account is not available.\n".utf8),
        ]
        for answer in answers {
            #expect(throws: CommandError.self) { try VMSurvey(parsing: answer) }
        }
    }

    @Test(arguments: ["a\nb", "it's", "$(x)", "a b"])
    func `a name that would break a line arrives`(_ name: String) throws {
        let root = SurveySample.hex("/home/me/\(name)")
        let fields = SurveySample.fields.map { $0.key == "root" ? ("root", root) : $0 }
        #expect(try VMSurvey(parsing: SurveySample.answer(fields)).root == "/home/me/\(name)")
    }

    @Test func `the script's own answer about this machine is read`() throws {
        let directory = try TemporaryDirectory()
        let home = directory.path("it's a $(home)")
        try FileManager.default.createDirectory(
            atPath: "\(home)/link to",
            withIntermediateDirectories: true
        )
        try FileManager.default.createSymbolicLink(
            atPath: "\(home)/link",
            withDestinationPath: "link to"
        )
        let script = RemoteScript(
            "look",
            DeploymentScripts.survey,
            [("ROOT", "link/new/er"), ("IMAGE", "localhost/none:none")]
        )
        let output = try Command.run(
            "sh",
            ["-c", script.command],
            environment: ["HOME": home, "XDG_RUNTIME_DIR": ""],
            input: script.standardInput
        )
        let survey = try VMSurvey(parsing: output)
        #expect(survey.home == LocalPath.resolved(home))
        #expect(survey.root == LocalPath.resolved(home) + "/link to/new/er")
        #expect(survey.rootPlace == .missing)
        #expect(survey.uid == getuid())
        #expect((survey.freeBytes ?? 0) > 0)
        #expect(survey.binary == nil && survey.process == .none && !survey.unitIsThere)
        #expect(survey.missingTools.isEmpty)
    }

    @Test func `a record is read as it was written`() throws {
        let records = [
            DeploymentRecord(mode: .process, root: "/a\nb", binary: "12"),
            DeploymentRecord(mode: .quadlet, root: "/a", binary: "1", image: "2", unit: "3"),
        ]
        for record in records { #expect(DeploymentRecord(parsing: record.text) == record) }
        for text in ["", "x", "tandem-deployment 1\nprocess\n1\n-\n-\nrelative", "\n\n\n\n\n/"] {
            #expect(DeploymentRecord(parsing: text) == nil)
        }
    }
}
