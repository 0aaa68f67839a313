import Foundation

/// Reads what Podman's service answers; whatever comes, the result is a value or an error.
package enum PodmanReader {
    /// The state of a container, from `containers/NAME/json`.
    ///
    /// - Throws: `PodmanError`
    package static func observation(
        _ body: [UInt8]
    ) throws(PodmanError) -> ContainerObservation {
        let inspected = try decode(Inspected.self, body)
        let state = inspected.State
        var seen = ContainerObservation(Self.state(state))
        let check = state.Health ?? state.Healthcheck
        seen.health = check?.Status.flatMap { .init(rawValue: $0) } ?? .none
        seen.healthStamp = check?.Log?.last.map { "\($0.Start ?? "") \($0.ExitCode ?? 0)" } ?? ""
        seen.start = "\(inspected.Id) \(state.StartedAt ?? "")"
        seen.image = inspected.Image.flatMap { ImageID($0) }
        let unit = inspected.Config?.Labels?["PODMAN_SYSTEMD_UNIT"] ?? ""
        seen.unit = unit.isEmpty ? nil : unit
        seen.restarts = inspected.RestartCount ?? 0
        return seen
    }

    private static func state(_ state: Inspected.Running) -> ContainerObservation.State {
        switch state.Status {
        case "running": .running
        case "exited", "stopped":
            .ended(code: state.ExitCode ?? 0, byRequest: state.StoppedByUser ?? false)
        default: .other(state.Status)
        }
    }

    /// The image of this id or manifest digest, from `images/json`; nil where it is not there.
    package static func image(_ wanted: ImageID, in body: [UInt8]) throws(PodmanError) -> ImageID? {
        for image in try decode([ListedImage].self, body) {
            // `localhost/tandem-receiver@sha256:…`
            let names = (image.RepoDigests ?? []).map { String($0.drop { $0 != "@" }.dropFirst()) }
            let all = [image.Id, image.Digest ?? ""] + names
            if all.contains(where: { ImageID($0) == wanted }) { return ImageID(image.Id) }
        }
        return nil
    }

    /// What each container uses, from `containers/stats`.
    package static func usage(_ body: [UInt8]) throws(PodmanError) -> [ContainerUsage] {
        try decode(Statistics.self, body).Stats?.map { sample in
            ContainerUsage(
                name: sample.Name ?? "",
                processorPercent: sample.CPU ?? 0,
                memoryBytes: sample.MemUsage ?? 0,
                memoryLimit: sample.MemLimit ?? 0,
                processes: sample.PIDs ?? 0
            )
        } ?? []
    }

    /// What Podman says against a call.
    package static func message(_ body: [UInt8]) -> String? {
        struct Refusal: Decodable { var message: String }
        return (try? JSONDecoder().decode(Refusal.self, from: Data(body)))?.message
    }

    /// The text of a log, from frames of one stream byte, three zeros, a length and its bytes.
    ///
    /// A container with a terminal sends plain text; what is no frame is taken as it is.
    package static func log(_ body: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        var rest = body[...]
        while !rest.isEmpty {
            let head = Array(rest.prefix(8))
            guard head.count == 8, head[0] <= 2, head[1...3].allSatisfy({ $0 == 0 }) else {
                return text + rest
            }
            let length = head[4...].reduce(0) { $0 << 8 | Int($1) }
            text.append(contentsOf: rest.dropFirst(8).prefix(length))
            rest = rest.dropFirst(8 + length)
        }
        return text
    }

    private static func decode<Value: Decodable>(
        _ type: Value.Type,
        _ body: [UInt8]
    ) throws(PodmanError) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(body))
        } catch {
            throw PodmanError(.notUnderstood, "Podman's answer was not understood: \(error)")
        }
    }
}

/// What one container uses of its machine.
package struct ContainerUsage: Hashable, Sendable, Codable {
    package var name: String
    /// Of one processor, since the container's start.
    package var processorPercent: Double
    package var memoryBytes: UInt64
    package var memoryLimit: UInt64
    package var processes: UInt64

    package init(
        name: String,
        processorPercent: Double,
        memoryBytes: UInt64,
        memoryLimit: UInt64,
        processes: UInt64
    ) {
        self.name = name
        self.processorPercent = processorPercent
        self.memoryBytes = memoryBytes
        self.memoryLimit = memoryLimit
        self.processes = processes
    }
}

// The fields that are read, by Podman's own names.
// swift-format-ignore: AlwaysUseLowerCamelCase
private struct Inspected: Decodable {
    struct Running: Decodable {
        var Status: String
        var ExitCode: Int?
        var StartedAt: String?
        var StoppedByUser: Bool?
        var Health: Check?
        /// The same before Podman 4.0.
        var Healthcheck: Check?
    }
    struct Check: Decodable {
        var Status: String?
        var Log: [Entry]?
    }
    struct Entry: Decodable {
        var Start: String?
        var ExitCode: Int?
    }
    struct Settings: Decodable { var Labels: [String: String]? }

    var Id: String
    var Image: String?
    var State: Running
    var RestartCount: Int?
    var Config: Settings?
}

// swift-format-ignore: AlwaysUseLowerCamelCase
private struct ListedImage: Decodable {
    var Id: String
    var Digest: String?
    var RepoDigests: [String]?
}

// swift-format-ignore: AlwaysUseLowerCamelCase
private struct Statistics: Decodable {
    struct Sample: Decodable {
        var Name: String?
        var CPU: Double?
        var MemUsage: UInt64?
        var MemLimit: UInt64?
        var PIDs: UInt64?
    }
    var Stats: [Sample]?
}
