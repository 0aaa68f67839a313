import Foundation

extension ContainerFacts {
    /// Reads what `podman inspect --type container` printed; nil for what is no such document.
    package static func parse(inspect output: [UInt8]) -> [ContainerFacts]? {
        let documents = try? JSONDecoder().decode([Inspected].self, from: Data(output))
        return documents.map { $0.map(ContainerFacts.init) }
    }

    private init(_ inspected: Inspected) {
        self.init(name: inspected.name, id: inspected.id)
        state = inspected.state.status
        pid = inspected.state.pid ?? 0
        health = inspected.state.health?.status ?? inspected.state.healthcheck?.status ?? ""
        restarts = inspected.restartCount ?? 0
        image = inspected.imageName ?? ""
        imageDigest = inspected.imageDigest ?? ""
        let host = inspected.hostConfig
        restartPolicy = host.restartPolicy?.name ?? ""
        unit = inspected.config.labels?["PODMAN_SYSTEMD_UNIT"]
        ports = Self.ports(host.portBindings ?? [:])
        createCommand = inspected.config.createCommand ?? []
        mounts = Self.mounts(inspected.mounts ?? [], made: createCommand)
        user = inspected.config.user ?? ""
        capabilities = (inspected.effectiveCaps ?? []).sorted()
        isReadOnly = host.readonlyRootfs ?? false
        isPrivileged = host.privileged ?? false
        hasNoNewPrivileges = (host.securityOpt ?? []).contains { $0.hasPrefix("no-new-privileges") }
    }

    private static func ports(_ bindings: [String: [Inspected.Binding]?]) -> [Port] {
        var ports: [Port] = []
        for (key, binding) in bindings {
            let parts = key.split(separator: "/")
            guard let inner = parts.first.flatMap({ UInt16($0) }) else { continue }
            for one in binding ?? [] {
                guard let outer = UInt16(one.hostPort ?? "") else { continue }
                ports.append(
                    Port(
                        address: one.hostIP ?? "",
                        host: outer,
                        container: inner,
                        transport: parts.count > 1 ? String(parts[1]) : "tcp"
                    )
                )
            }
        }
        return ports.sorted { ($0.host, $0.container) < ($1.host, $1.container) }
    }

    private static func mounts(_ mounts: [Inspected.Mount], made: [String]) -> [Mount] {
        let labels = MountLabels(of: made)
        return mounts.map { mount in
            Mount(
                source: mount.type == "volume"
                    ? mount.name ?? mount.source ?? "" : mount.source ?? "",
                destination: mount.destination,
                isWritable: mount.writable ?? true,
                label: labels.label(of: mount.destination, mode: mount.mode ?? "")
            )
        }
    }
}

/// The SELinux options of a container's mounts, from the command line that made it: Podman keeps
/// them nowhere else.
private struct MountLabels {
    private var labels: [String: ContainerFacts.Mount.Label] = [:]
    private let isKnown: Bool

    init(of command: [String]) {
        isKnown = !command.isEmpty
        for (index, word) in command.enumerated() {
            let next = index + 1 < command.count ? command[index + 1] : ""
            if word == "-v" || word == "--volume" {
                volume(next)
            } else if word.hasPrefix("--volume=") {
                volume(String(word.dropFirst("--volume=".count)))
            } else if word.hasPrefix("-v="), word.count > 3 {
                volume(String(word.dropFirst(3)))
            } else if word == "--mount" {
                mount(next)
            } else if word.hasPrefix("--mount=") {
                mount(String(word.dropFirst("--mount=".count)))
            }
        }
    }

    func label(of destination: String, mode: String) -> ContainerFacts.Mount.Label {
        if mode.split(separator: ",").contains("Z") { return .owned }
        if mode.split(separator: ",").contains("z") { return .shared }
        return labels[destination] ?? (isKnown ? .none : .unknown)
    }

    private mutating func volume(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 3 else { return }
        let options = parts[2].split(separator: ",")
        let destination = String(parts[1])
        if options.contains("Z") { labels[destination] = .owned }
        if options.contains("z") { labels[destination] = .shared }
    }

    private mutating func mount(_ text: String) {
        var fields: [Substring: Substring] = [:]
        for field in text.split(separator: ",") {
            let pair = field.split(separator: "=", maxSplits: 1)
            if pair.count == 2 { fields[pair[0]] = pair[1] }
        }
        guard let at = fields["target"] ?? fields["destination"] ?? fields["dst"] else { return }
        if fields["relabel"] == "private" { labels[String(at)] = .owned }
        if fields["relabel"] == "shared" { labels[String(at)] = .shared }
    }
}

/// The fields of `podman inspect` that are read; Podman 4.3 to 5.4 name them so.
private struct Inspected: Decodable {
    struct State: Decodable {
        struct Health: Decodable {
            var status: String?
            enum CodingKeys: String, CodingKey { case status = "Status" }
        }

        var status: String
        var pid: Int32?
        var health: Health?
        var healthcheck: Health?

        enum CodingKeys: String, CodingKey {
            case status = "Status"
            case pid = "Pid"
            case health = "Health"
            case healthcheck = "Healthcheck"
        }
    }

    struct Mount: Decodable {
        var type: String?
        var name: String?
        var source: String?
        var destination: String
        var mode: String?
        var writable: Bool?

        enum CodingKeys: String, CodingKey {
            case type = "Type"
            case name = "Name"
            case source = "Source"
            case destination = "Destination"
            case mode = "Mode"
            case writable = "RW"
        }
    }

    struct Config: Decodable {
        var user: String?
        var labels: [String: String]?
        var createCommand: [String]?

        enum CodingKeys: String, CodingKey {
            case user = "User"
            case labels = "Labels"
            case createCommand = "CreateCommand"
        }
    }

    struct Binding: Decodable {
        var hostIP: String?
        var hostPort: String?

        enum CodingKeys: String, CodingKey {
            case hostIP = "HostIp"
            case hostPort = "HostPort"
        }
    }

    struct HostConfig: Decodable {
        struct RestartPolicy: Decodable {
            var name: String?
            enum CodingKeys: String, CodingKey { case name = "Name" }
        }

        var portBindings: [String: [Binding]?]?
        var restartPolicy: RestartPolicy?
        var readonlyRootfs: Bool?
        var privileged: Bool?
        var securityOpt: [String]?

        enum CodingKeys: String, CodingKey {
            case portBindings = "PortBindings"
            case restartPolicy = "RestartPolicy"
            case readonlyRootfs = "ReadonlyRootfs"
            case privileged = "Privileged"
            case securityOpt = "SecurityOpt"
        }
    }

    var id: String
    var name: String
    var state: State
    var imageName: String?
    var imageDigest: String?
    var restartCount: Int?
    var effectiveCaps: [String]?
    var mounts: [Mount]?
    var config: Config
    var hostConfig: HostConfig

    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case name = "Name"
        case state = "State"
        case imageName = "ImageName"
        case imageDigest = "ImageDigest"
        case restartCount = "RestartCount"
        case effectiveCaps = "EffectiveCaps"
        case mounts = "Mounts"
        case config = "Config"
        case hostConfig = "HostConfig"
    }
}
