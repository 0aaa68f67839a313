/// What `verify` says that the table of keys cannot check.
extension ConfigurationChecks {
    mutating func verify(_ section: LocatedValue?) {
        for container in section?["containers"]?.elements ?? [] {
            for port in container["ports"]?.elements ?? [] { check(port: port) }
            for mount in container["mounts"]?.elements ?? [] { check(mount: mount) }
        }
        for version in section?["versions"]?.elements ?? [] {
            if let command = version["command"], command.elements.isEmpty {
                note(command.position, "command needs at least one word")
            }
        }
        if let podman = section?["podman"], podman.elements.isEmpty {
            note(podman.position, "podman needs at least one word")
        }
    }

    /// `127.0.0.1:8081:8080` or `8081:8080`.
    private mutating func check(port value: LocatedValue) {
        guard let text = value.text?.value else { return }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count < 2 || parts.suffix(2).contains(where: { UInt16($0) == nil }) else {
            return
        }
        note(value.position, "a port is written as 127.0.0.1:8081:8080")
    }

    /// `SOURCE:DESTINATION[:rw|ro]`.
    private mutating func check(mount value: LocatedValue) {
        guard let text = value.text?.value else { return }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let isRight =
            (2...3).contains(parts.count) && parts[1].hasPrefix("/")
            && (parts.count == 2 || parts[2] == "rw" || parts[2] == "ro")
        if !isRight { note(value.position, "a mount is written as SOURCE:DESTINATION:rw") }
    }
}
