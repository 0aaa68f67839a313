import TandemTestSupport
import Testing

@testable import TandemCommands

/// The Quadlet way with everything real but Podman, systemd and the receiver's answer.
struct QuadletDeploymentTests {
    private static let unit = ".config/containers/systemd/tandem-receiver.container"
    private let vm: FakeVM
    private let record = ConsoleRecord()

    init() throws { vm = try FakeVM() }

    private func deploy(
        image: (bytes: [UInt8], digest: String)? = nil,
        root: String = "app"
    ) throws -> Deployment.Result {
        try Deployment(
            shell: vm,
            wish: SurveySample.wish(.quadlet, Self.program, image: image),
            root: root,
            console: record.console()
        ).run()
    }

    /// For the machine that runs the test.
    private static var program: [UInt8] {
        #if arch(arm64)
        SurveySample.program(machine: 183)
        #else
        SurveySample.program()
        #endif
    }

    @Test func `program, image and unit are put in place, and the unit is started`() throws {
        let result = try deploy()
        let everything: [DeploymentPlan.Step] = [
            .copyReceiver, .buildImage, .writeUnit, .enableLinger, .start,
        ]
        #expect(result.done == everything)
        #expect(vm.left("built") == ShippedFiles.containerfile)
        #expect(vm.left("context") == "Containerfile\ntandem-receiver\n")
        let unit = QuadletUnit(text: try #require(vm.read(Self.unit)))
        #expect(unit.volumes.first { $0.container == "/app" }?.host == result.plan.record.root)
        #expect(result.plan.record.root.hasSuffix("/home/app"))
        let calls = vm.calls.filter { !$0.hasPrefix("id ") }
        let build = try #require(calls.first { $0.hasPrefix("podman build ") })
        #expect(build.contains("--pull=never") && build.contains("--tag \(ReceiverUnit.image)"))
        #expect(
            calls.suffix(3) == [
                "loginctl enable-linger", "systemctl --user daemon-reload",
                "systemctl --user start tandem-receiver.service",
            ]
        )
        #expect(record.errors.contains("[2/5] build the image"))
        #expect(vm.read(".local/lib/tandem/deployed") == result.plan.record.text)
    }

    @Test func `a second time only what the vm still lacks is done`() throws {
        _ = try deploy()
        // The account of the test never lingers.
        #expect(try deploy().done == [.enableLinger])
        #expect(vm.count(of: DeploymentScripts.startUnit) == 1)
    }

    @Test func `a saved image is loaded, and not again`() throws {
        let image = (bytes: [UInt8](0...255), digest: "0a")
        #expect(try deploy(image: image).done.contains(.loadImage))
        #expect(!vm.calls.contains { $0.hasPrefix("podman build") })
        #expect(try deploy(image: image).done == [.enableLinger])
    }

    @Test func `a unit that somebody wrote is kept beside the new one`() throws {
        let folder = "home/.config/containers/systemd"
        try Command.run("mkdir", ["-p", "\(vm.home)/.config/containers/systemd"])
        try vm.write("[Container]\nImage=mine\n", to: "\(folder)/tandem-receiver.container")
        _ = try deploy()
        #expect(vm.read("\(Self.unit).old") == "[Container]\nImage=mine\n")
        #expect(vm.read(Self.unit)?.contains("Image=\(ReceiverUnit.image)") == true)
    }

    @Test func `without linger the receiver runs, and the user is told`() throws {
        try vm.write("", to: "no-linger")
        let result = try deploy()
        #expect(!result.done.contains(.enableLinger) && result.done.contains(.start))
        #expect(result.notes.contains { $0.contains("linger is off") })
    }

    @Test func `linger comes by sudo where only root may turn it on`() throws {
        try vm.write("", to: "no-linger")
        try vm.write("", to: "sudoer")
        #expect(try deploy().done.contains(.enableLinger))
        #expect(vm.calls.contains("sudo -n loginctl enable-linger nobody-of-this-name"))
    }
}
