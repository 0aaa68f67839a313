import Glibc
import TandemSSH

extension SSHDialer {
    package func checks(
        of destination: Destination,
        _ settings: ConnectionSettings
    ) -> [DoctorCheck] {
        let options = options(settings)
        let host: SSHHost
        do {
            host = try SSHResolver.resolve(Self.sshDestination(destination), options)
        } catch {
            return [.failed("ssh", error), library]
        }
        return [way(to: host), keys(of: host, settings), hostKey(of: host), library]
    }

    private func way(to host: SSHHost) -> DoctorCheck {
        var finding = "\(host.user)@\(host.hostName), port \(host.port)"
        if !host.jumps.isEmpty { finding += ", by way of \(host.jumps.joined(separator: ", "))" }
        if host.proxyCommand != nil { finding += ", by a ProxyCommand" }
        return DoctorCheck(.ok, "ssh", finding)
    }

    private func keys(of host: SSHHost, _ settings: ConnectionSettings) -> DoctorCheck {
        let files = settings.identity.map { [$0] } ?? host.identityFiles
        let present = files.filter { LocalPath.exists($0) }
        for file in present where LocalPath.mode(of: file) & 0o077 != 0 {
            return DoctorCheck(
                .fail,
                "key files",
                "\(file) may be read by others; ssh refuses such a key",
                fix: "chmod 600 \(file)"
            )
        }
        let agent = environment["SSH_AUTH_SOCK"].map { !$0.isEmpty } ?? false
        let words = present.joined(separator: ", ")
        guard present.isEmpty else { return DoctorCheck(.ok, "key files", words) }
        guard settings.identity == nil, agent else {
            return DoctorCheck(
                .fail,
                "key files",
                "there is no key, and no agent",
                fix: "ssh-keygen -t ed25519 && ssh-copy-id \(host.alias)"
            )
        }
        return DoctorCheck(.ok, "key files", "none; the agent is asked")
    }

    private func hostKey(of host: SSHHost) -> DoctorCheck {
        let name = host.knownHostsName
        let types = Set(KnownHosts(files: host.knownHostsFiles).types(of: name)).sorted()
        guard types.isEmpty else {
            return DoctorCheck(.ok, "host key", "known: \(types.joined(separator: ", "))")
        }
        return DoctorCheck(
            .fail,
            "host key",
            "\(name) is not in known_hosts",
            fix: "ssh \(host.alias), or `tandem pair` again on a terminal; compare the fingerprint"
        )
    }

    /// What is known of libssh2's versions (SAFETY.md 1, fact 6).
    private var library: DoctorCheck {
        let version = SSHVersion.library
        let numbers = version.split(separator: ".").compactMap { Int($0) }
        guard let major = numbers.first, numbers.count > 1, (major, numbers[1]) >= (1, 11) else {
            return DoctorCheck(
                .ok,
                "libssh2",
                "\(version), which has no code for chacha20, GCM, EtM or EXT_INFO"
            )
        }
        return DoctorCheck(
            .warn,
            "libssh2",
            "\(version) has CVE-2026-55199 unless your system fixed it: a hostile host can make "
                + "it spin; a watchdog ends that after 15 s",
            fix: "update libssh2 when your system has the fix"
        )
    }
}
