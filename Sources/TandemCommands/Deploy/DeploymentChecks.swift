/// Why a receiver cannot be deployed on a vm, found before anything is done there.
struct DeploymentChecks {
    let survey: VMSurvey
    let wish: DeploymentWish

    /// How often the program lies on the disk while an image is built: itself, the build's copy,
    /// and the layer.
    private static let copiesOfImage: UInt64 = 3

    func all() throws(CommandError) {
        try checkMachine()
        try checkRoot()
        try checkEarlier()
        try checkSpace()
        if wish.mode == .quadlet { try checkQuadlet() }
    }

    private func refuse(_ what: String, next: String) -> CommandError {
        CommandError(.configuration, what, next: next)
    }

    private func checkMachine() throws(CommandError) {
        guard survey.system == "Linux" else {
            throw refuse("the vm runs \(survey.system)", next: "a receiver needs Linux")
        }
        guard survey.machine == wish.binary.machine else {
            throw refuse(
                "the vm is \(survey.machine), the receiver is for \(wish.binary.machine)",
                next: "build one on a machine like the vm with `make receiver-static`, and add "
                    + "--receiver-binary PATH"
            )
        }
        guard survey.missingTools.isEmpty else {
            throw refuse(
                "the vm lacks \(survey.missingTools.joined(separator: ", "))",
                next: "install them; coreutils and util-linux, or busybox, have them"
            )
        }
    }

    private func checkRoot() throws(CommandError) {
        guard survey.rootPlace != .other else {
            throw refuse("\(survey.root) is not a directory on the vm", next: "name a directory")
        }
        guard survey.rootPlace == .missing || survey.rootIsWritable else {
            throw CommandError(
                .permission,
                "\(survey.root) cannot be written on the vm",
                next: "make it the account's own there: chown, or another directory"
            )
        }
        for own in ["\(survey.home)/.local/lib/tandem", "\(survey.home)/.local/state/tandem"] {
            guard !LocalPath.isInside(own, survey.root), !LocalPath.isInside(survey.root, own)
            else {
                throw refuse(
                    "\(survey.root) and the receiver's own files in \(own) lie in each other",
                    next: "name another directory, such as ~/app"
                )
            }
        }
    }

    /// One account runs one receiver, and it serves one directory.
    private func checkEarlier() throws(CommandError) {
        if let root = survey.record?.root, root != survey.root {
            throw refuse(
                "the receiver on the vm serves \(root)",
                next: "pair with that, or deploy as another account; docs/DEPLOYMENT.md tells how "
                    + "to take a receiver away"
            )
        }
        if wish.mode == .process && survey.unitIsThere {
            throw refuse(
                "a Quadlet unit runs the receiver on the vm",
                next: "use --deploy=quadlet, or take the unit away there first"
            )
        }
        if wish.mode == .quadlet && survey.process != .none {
            throw refuse(
                "the receiver runs on the vm as a process",
                next: "use --deploy=process, or stop it there first: "
                    + "kill $(cat ~/.local/state/tandem/run/receiver.pid)"
            )
        }
    }

    private func checkSpace() throws(CommandError) {
        guard let free = survey.freeBytes, survey.binary != wish.binary.digest else { return }
        let size = UInt64(wish.binary.bytes.count)
        let needed = wish.mode == .quadlet ? size * Self.copiesOfImage : size
        guard free >= needed else {
            throw CommandError(
                .failed,
                "the vm has \(Quantities.bytes(free)) free, and \(Quantities.bytes(needed)) "
                    + "are needed",
                next: "free some space in the home directory there"
            )
        }
    }

    private func checkQuadlet() throws(CommandError) {
        let other = "or run the receiver as a process, which no reboot starts: --deploy=process"
        guard survey.uid != 0 else {
            throw refuse(
                "root logs in, and the receiver's container is never root's",
                next: "log in as another account, \(other)"
            )
        }
        guard let podman = survey.podman, podman >= ReceiverUnit.oldestPodman else {
            let found = survey.podman.map { "Podman \($0)" } ?? "no Podman"
            throw refuse(
                "the vm has \(found); a unit needs \(ReceiverUnit.oldestPodman)",
                next: "install it there, \(other)"
            )
        }
        guard survey.hasUserServices, survey.runtimeDirectory != nil else {
            throw refuse(
                "`systemctl --user` does not answer on the vm",
                next: "install dbus-user-session and log in anew, \(other)"
            )
        }
        guard ReceiverUnit.holds(survey.root) else {
            throw refuse(
                "\(survey.root) holds characters that mean something in a unit",
                next: "use letters, digits and /._-+@, \(other)"
            )
        }
        guard wish.image != nil || wish.binary.isStatic else {
            throw refuse(
                "the receiver needs libraries, and its image holds none",
                next: "`make receiver-static` makes one that needs none"
            )
        }
    }
}
