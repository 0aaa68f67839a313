/// What a user asked of a deployment.
package struct DeploymentWish: Sendable {
    package var mode: DeploymentMode
    package var binary: ReceiverBinary
    /// A saved image to load instead of building one; with its SHA-256.
    package var image: (bytes: [UInt8], digest: String)?

    package init(
        mode: DeploymentMode,
        binary: ReceiverBinary,
        image: (bytes: [UInt8], digest: String)? = nil
    ) {
        self.mode = mode
        self.binary = binary
        self.image = image
    }
}

/// What will be done on a vm, decided before anything is.
package struct DeploymentPlan: Sendable {
    package enum Step: String, Sendable, CaseIterable {
        case copyReceiver = "copy-receiver"
        case buildImage = "build-image"
        case loadImage = "load-image"
        case writeUnit = "write-unit"
        case enableLinger = "enable-linger"
        case start
        case restart
    }

    package let record: DeploymentRecord
    package let steps: [Step]
    /// The receiver's socket on the vm.
    package let socket: String
    /// The program's path on the vm.
    package let program: String
    /// Unit and drop-in; nil for a process.
    package let unit: (text: String, limits: String?)?
    /// What the user should know beside the steps.
    package let notes: [String]

    package var mode: DeploymentMode { record.mode }

    /// sun_path of unix(7) is 108 bytes on Linux, 104 on macOS.
    private static let longestSocket = 100

    /// Decides, or refuses with the reason.
    ///
    /// - Throws: `CommandError`.
    package init(_ survey: VMSurvey, _ wish: DeploymentWish) throws(CommandError) {
        try DeploymentChecks(survey: survey, wish: wish).all()
        let isQuadlet = wish.mode == .quadlet
        unit =
            isQuadlet
            ? (
                ReceiverUnit.text(root: survey.root),
                ReceiverUnit.limits(controllers: survey.controllers)
            ) : nil
        let made = [ShippedFiles.containerfile, wish.binary.digest]
        record = DeploymentRecord(
            mode: wish.mode,
            root: survey.root,
            binary: wish.binary.digest,
            image: isQuadlet ? wish.image?.digest ?? DeploymentRecord.digest(of: made) : nil,
            unit: unit.map { DeploymentRecord.digest(of: [$0.text, $0.limits ?? ""]) }
        )
        program = "\(survey.home)/.local/lib/tandem/\(ReceiverBinary.name)"
        socket = Self.socket(survey, wish.mode)
        guard socket.utf8.count <= Self.longestSocket else {
            throw CommandError(
                .configuration,
                "the socket's path would be \(socket.utf8.count) bytes, and a socket has 100",
                at: socket,
                next: "use an account with a shorter home directory"
            )
        }
        steps = Self.steps(survey, wish, record)
        notes = Self.notes(survey, wish, hasLimits: unit?.limits != nil)
    }

    /// A process outlives the login and with it the runtime directory; a lingering service does not.
    private static func socket(_ survey: VMSurvey, _ mode: DeploymentMode) -> String {
        if mode == .quadlet, let runtime = survey.runtimeDirectory {
            return "\(runtime)/tandem/receiver.sock"
        }
        return "\(survey.home)/.local/state/tandem/run/receiver.sock"
    }

    private static func steps(
        _ survey: VMSurvey,
        _ wish: DeploymentWish,
        _ record: DeploymentRecord
    ) -> [Step] {
        var steps: [Step] = []
        if survey.binary != wish.binary.digest { steps.append(.copyReceiver) }
        switch wish.mode {
        case .process:
            let isCurrent = steps.isEmpty && survey.process == .current && survey.record == record
            if !isCurrent { steps.append(survey.process == .none ? .start : .restart) }
        case .quadlet:
            if survey.record?.image != record.image || !survey.imageIsThere {
                steps.append(wish.image == nil ? .buildImage : .loadImage)
            }
            if survey.record?.unit != record.unit || !survey.unitIsThere {
                steps.append(.writeUnit)
            }
            if !survey.lingers { steps.append(.enableLinger) }
            if survey.record != record || !survey.unitIsActive {
                steps.append(survey.unitIsActive ? .restart : .start)
            }
        }
        return steps
    }

    private static func notes(
        _ survey: VMSurvey,
        _ wish: DeploymentWish,
        hasLimits: Bool
    ) -> [String] {
        var notes: [String] = []
        if survey.rootPlace == .missing { notes.append("\(survey.root) will be made, 0700") }
        if wish.mode == .process {
            notes.append("a process does not come back after a reboot: deploy again then")
            if !wish.binary.isStatic {
                notes.append("the receiver needs libraries that the vm must have")
            }
        } else if !hasLimits {
            notes.append("no memory and CPU limits: the account has no such cgroup controllers")
        }
        return notes
    }
}

extension DeploymentPlan.Step {
    /// What the step does, for the plan and while it runs.
    func sentence(_ plan: DeploymentPlan, _ wish: DeploymentWish) -> String {
        switch self {
        case .copyReceiver:
            let size = Quantities.bytes(UInt64(wish.binary.bytes.count))
            return "copy the receiver, \(size), to \(plan.program)"
        case .buildImage: return "build the image \(ReceiverUnit.image) from it"
        case .loadImage: return "load the image \(ReceiverUnit.image)"
        case .writeUnit: return "write ~/.config/containers/systemd/tandem-receiver.container"
        case .enableLinger: return "let the account's services run without a login (linger)"
        case .start: return "start the receiver for \(plan.record.root)"
        case .restart: return "restart the receiver for \(plan.record.root)"
        }
    }
}
