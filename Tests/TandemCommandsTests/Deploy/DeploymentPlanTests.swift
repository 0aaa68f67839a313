import TandemTestSupport
import Testing

@testable import TandemCommands

struct DeploymentPlanTests {
    private func plan(
        _ mode: DeploymentMode,
        _ change: (inout VMSurvey) -> Void = { _ in }
    ) throws -> DeploymentPlan {
        try DeploymentPlan(SurveySample.survey(change), SurveySample.wish(mode))
    }

    @Test func `an empty vm gets everything`() throws {
        let quadlet = try plan(.quadlet)
        #expect(
            quadlet.steps == [.copyReceiver, .buildImage, .writeUnit, .enableLinger, .start]
        )
        #expect(quadlet.socket == "/run/user/1000/tandem/receiver.sock")
        let process = try plan(.process)
        #expect(process.steps == [.copyReceiver, .start])
        #expect(process.socket == "/home/me/.local/state/tandem/run/receiver.sock")
        #expect(process.notes.contains { $0.contains("reboot") })
    }

    @Test func `a saved image is loaded instead of built`() throws {
        let image = (bytes: [UInt8](), digest: "0a")
        let wish = try SurveySample.wish(.quadlet, image: image)
        let plan = try DeploymentPlan(SurveySample.survey(), wish)
        #expect(plan.steps.contains(.loadImage) && !plan.steps.contains(.buildImage))
        #expect(plan.record.image == "0a")
    }

    @Test(arguments: DeploymentMode.allCases)
    func `what is in place is left alone`(_ mode: DeploymentMode) throws {
        let first = try plan(mode)
        let again = try plan(mode) { survey in
            Self.settle(&survey, first)
        }
        #expect(again.steps == [])
        #expect(again.record == first.record)
    }

    /// As a vm is after a deployment.
    private static func settle(_ survey: inout VMSurvey, _ plan: DeploymentPlan) {
        survey.record = plan.record
        survey.binary = plan.record.binary
        survey.rootPlace = .directory
        survey.rootIsWritable = true
        if plan.mode == .process {
            survey.process = .current
        } else {
            survey.unitIsThere = true
            survey.unitIsActive = true
            survey.imageIsThere = true
            survey.lingers = true
        }
    }

    @Test func `a new receiver restarts the old one, and one cut short is finished`() throws {
        let first = try plan(.process)
        let newer = try plan(.process) { survey in
            Self.settle(&survey, first)
            survey.binary = String(repeating: "0", count: 64)
        }
        #expect(newer.steps == [.copyReceiver, .restart])
        let cutShort = try plan(.process) { survey in
            Self.settle(&survey, first)
            survey.process = .old
        }
        #expect(cutShort.steps == [.restart])
        let ended = try plan(.process) { survey in
            Self.settle(&survey, first)
            survey.process = .none
        }
        #expect(ended.steps == [.start])
        let container = try plan(.quadlet)
        let image = try plan(.quadlet) { survey in
            Self.settle(&survey, container)
            survey.imageIsThere = false
        }
        #expect(image.steps == [.buildImage])
    }

    typealias Refusal = (
        why: String, mode: DeploymentMode, change: @Sendable (inout VMSurvey) -> Void
    )

    static let refused: [Refusal] =
        [
            ("the vm is aarch64", .process, { $0.machine = "aarch64" }),
            ("the vm runs FreeBSD", .process, { $0.system = "FreeBSD" }),
            ("the vm lacks setsid", .process, { $0.missingTools = ["setsid"] }),
            ("is not a directory", .process, { $0.rootPlace = .other }),
            ("cannot be written", .process, { $0.rootPlace = .directory }),
            ("lie in each other", .process, { $0.root = "/home/me" }),
            ("lie in each other", .process, { $0.root = "/home/me/.local/state/tandem/x" }),
            (
                "serves /srv/other", .process,
                { $0.record = DeploymentRecord(mode: .process, root: "/srv/other", binary: "1") }
            ),
            ("a Quadlet unit", .process, { $0.unitIsThere = true }),
            ("as a process", .quadlet, { $0.process = .current }),
            ("bytes", .process, { $0.home = "/" + String(repeating: "h", count: 80) }),
            ("free", .process, { $0.freeBytes = 1 }),
            ("root logs in", .quadlet, { $0.uid = 0 }),
            ("no Podman", .quadlet, { $0.podman = nil }),
            ("Podman 4.3", .quadlet, { $0.podman = PodmanVersion(4, 3) }),
            ("systemctl --user", .quadlet, { $0.hasUserServices = false }),
            ("in a unit", .quadlet, { $0.root = "/home/me/my app" }),
        ]

    @Test(arguments: refused.indices)
    func `what cannot work is refused before anything is done`(_ index: Int) throws {
        let (why, mode, change) = Self.refused[index]
        let error = #expect(throws: CommandError.self, "\(why)") { try plan(mode, change) }
        #expect(error?.what.contains(why) == true, "\(error?.what ?? "") is not about \(why)")
        #expect(error?.next?.isEmpty == false)
    }

    @Test func `a program that needs libraries runs as a process, and not in the image`() throws {
        let wish = try SurveySample.wish(.process, SurveySample.program(segment: 3))
        let plan = try DeploymentPlan(SurveySample.survey(), wish)
        #expect(plan.notes.contains { $0.contains("libraries") })
        #expect(throws: CommandError.self) {
            let wish = try SurveySample.wish(.quadlet, SurveySample.program(segment: 3))
            return try DeploymentPlan(SurveySample.survey(), wish)
        }
    }

    @Test func `any bytes are a program or none`() {
        let whole = SurveySample.program()
        #expect(ReceiverBinary(whole)?.machine == "x86_64")
        #expect(ReceiverBinary(SurveySample.program(machine: 183))?.machine == "aarch64")
        #expect(ReceiverBinary(SurveySample.program(machine: 3)) == nil)
        for count in whole.indices { #expect(ReceiverBinary(Array(whole[..<count])) == nil) }
        for offset in whole.indices {
            var bytes = whole
            bytes[offset] = 0xFF
            _ = ReceiverBinary(bytes)
        }
    }

    @Test func `the receiver is looked for beside tandem and in libexec`() {
        #expect(
            ReceiverBinary.candidates(beside: "/usr/local/bin/tandem") == [
                "/usr/local/bin/tandem-receiver", "/usr/local/libexec/tandem/tandem-receiver",
            ]
        )
        let error = #expect(throws: CommandError.self) {
            try ReceiverBinary.load(nil, beside: "/nonexistent/bin/tandem")
        }
        #expect(error?.next?.contains("make receiver-static") == true)
    }

    @Test func `the way to a deployed receiver follows the transport`() throws {
        let process = try plan(.process) { $0.home = "/home/it's me" }
        let streamlocal = ConnectionSettings(transport: .streamlocal).reaching(process)
        #expect(streamlocal.socket == "/home/it's me/.local/state/tandem/run/receiver.sock")
        let exec = ConnectionSettings(transport: .exec).reaching(process)
        let state = "'/home/it'\\''s me/.local"
        #expect(
            exec.execCommand == "\(state)/lib/tandem/tandem-receiver' connect --socket "
                + "\(state)/state/tandem/run/receiver.sock'"
        )
        let openssh = ConnectionSettings(transport: .openssh).reaching(try plan(.quadlet))
        #expect(openssh.execCommand == "podman exec -i tandem-receiver tandem-receiver connect")
    }
}
