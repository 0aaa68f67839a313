import TandemProject
import TandemSSH

/// Puts a receiver on a vm, over the account's own login there, and leaves it running.
package struct Deployment: Sendable {
    /// What became of it.
    package struct Result: Sendable {
        package var plan: DeploymentPlan
        /// The steps that were done, in their order.
        package var done: [DeploymentPlan.Step]
        package var notes: [String]
    }

    /// How often a second the vm looks for its receiver.
    private static let looksEachSecond = 4
    /// A static program starts in milliseconds; the first start of a container maps uids and
    /// relabels, and recovery goes through what a crash left.
    private static let healthSeconds = 30
    /// A binary of 30 MB over a line of 300 kbit/s.
    private static let copySeconds = 900
    private static let podmanSeconds = 300
    /// systemd's own limit for a start is 90 s.
    private static let startSeconds = 120

    let shell: any RemoteShell
    let wish: DeploymentWish
    /// The vm root as the destination has it.
    let root: String
    let console: Console

    package init(shell: any RemoteShell, wish: DeploymentWish, root: String, console: Console) {
        self.shell = shell
        self.wish = wish
        self.root = root
        self.console = console
    }

    /// Looks, decides, does what is missing, and waits until the receiver answers.
    ///
    /// - Throws: `CommandError`, or an error of the connection.
    package func run() throws -> Result {
        let plan = try DeploymentPlan(try survey(), wish)
        show(plan)
        var done: [DeploymentPlan.Step] = []
        var notes = plan.notes
        for (index, step) in plan.steps.enumerated() {
            say("  [\(index + 1)/\(plan.steps.count)] \(step.sentence(plan, wish))")
            do {
                try perform(step, plan)
                done.append(step)
            } catch let error as CommandError where step == .enableLinger {
                notes.append(Self.noLinger(error))
                say("  \(Self.noLinger(error))")
            } catch {
                if step == .start || step == .restart { showLastLines() }
                throw error
            }
        }
        try waitForHealth(plan)
        if !done.isEmpty { try note(plan.record) }
        return Result(plan: plan, done: done, notes: notes)
    }

    // MARK: - Steps

    private func survey() throws -> VMSurvey {
        let script = RemoteScript(
            "look around",
            DeploymentScripts.survey,
            [("ROOT", root), ("IMAGE", ReceiverUnit.image)]
        )
        return try VMSurvey(parsing: try shell.run(script).output)
    }

    private func perform(_ step: DeploymentPlan.Step, _ plan: DeploymentPlan) throws {
        _ = try shell.require(script(step, plan))
    }

    private func script(_ step: DeploymentPlan.Step, _ plan: DeploymentPlan) -> RemoteScript {
        let root = ("ROOT", plan.record.root)
        let image = ("IMAGE", ReceiverUnit.image)
        switch step {
        case .copyReceiver:
            return RemoteScript(
                "copy the receiver",
                DeploymentScripts.copyBinary,
                [("WANT", wish.binary.digest)],
                input: wish.binary.bytes,
                seconds: Self.copySeconds
            )
        case .buildImage:
            return RemoteScript(
                "build the image",
                DeploymentScripts.buildImage,
                [image, ("CONTAINERFILE", ShippedFiles.containerfile)],
                seconds: Self.podmanSeconds
            )
        case .loadImage:
            return RemoteScript(
                "load the image",
                DeploymentScripts.loadImage,
                [image],
                input: wish.image?.bytes ?? [],
                seconds: Self.copySeconds
            )
        case .writeUnit:
            let limits = plan.unit?.limits ?? ""
            let texts = [("UNIT", plan.unit?.text ?? ""), ("LIMITS", limits)]
            return RemoteScript("write the unit", DeploymentScripts.writeUnit, texts + [root])
        case .enableLinger:
            return RemoteScript("enable linger", DeploymentScripts.enableLinger)
        case .start, .restart:
            return start(step.rawValue, root, plan.mode)
        }
    }

    private func start(
        _ verb: String,
        _ root: (String, String),
        _ mode: DeploymentMode
    ) -> RemoteScript {
        let what = "\(verb) the receiver"
        switch mode {
        case .process:
            return RemoteScript(what, DeploymentScripts.startProcess, [root])
        case .quadlet:
            let body = DeploymentScripts.startUnit
            return RemoteScript(what, body, [("VERB", verb)], seconds: Self.startSeconds)
        }
    }

    private func waitForHealth(_ plan: DeploymentPlan) throws {
        let isProcess = plan.mode == .process
        let script = RemoteScript(
            "reach the receiver",
            isProcess ? DeploymentScripts.waitForProcess : DeploymentScripts.waitForUnit,
            [
                ("SOCKET", plan.socket),
                ("TRIES", String(Self.healthSeconds * Self.looksEachSecond)),
            ],
            seconds: Self.healthSeconds * 4
        )
        do {
            _ = try shell.require(script)
        } catch var error as CommandError {
            showLastLines()
            error.next =
                isProcess
                ? "look at ~/.local/state/tandem/logs on the vm, then deploy again"
                : "on the vm: systemctl --user status tandem-receiver; then deploy again"
            throw error
        }
    }

    private func note(_ record: DeploymentRecord) throws {
        let variables = [("RECORD", record.text)]
        _ = try shell.require(
            RemoteScript("note the deployment", DeploymentScripts.note, variables)
        )
    }

    // MARK: - Words

    private static func noLinger(_ error: CommandError) -> String {
        "linger is off, so the receiver stops when you log out (\(error.what)); an administrator "
            + "turns it on: loginctl enable-linger ACCOUNT"
    }

    private func show(_ plan: DeploymentPlan) {
        guard !plan.steps.isEmpty else {
            say("the receiver is deployed already (\(plan.mode.rawValue), \(plan.record.root))")
            return
        }
        say("deploying a receiver (\(plan.mode.rawValue)); this will")
        for step in plan.steps { say("  - \(step.sentence(plan, wish))") }
        for note in plan.notes { say("  note: \(note)") }
    }

    private func say(_ text: String) { console.note(StyledText(text)) }

    /// What the vm's logs say; the answer to a failed start is nearly always in it.
    private func showLastLines() {
        let script = RemoteScript(
            "read the log",
            DeploymentScripts.lastLines,
            [("MODE", wish.mode.rawValue)]
        )
        guard let output = try? shell.run(script).output, !output.isEmpty else { return }
        say("the last lines of the vm's log:")
        for line in output.split(separator: 0x0A) {
            say("  | \(String(decoding: line, as: UTF8.self))")
        }
    }
}
