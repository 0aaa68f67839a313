import Foundation

/// Why an expectation could not be read: where in the document, and what is wrong there.
package struct ExpectationError: Error, Hashable, Sendable {
    package var place: String
    package var message: String
}

extension VerifyExpectation {
    /// Reads a JSON document over the defaults: what it names replaces them, the rest stays.
    ///
    /// - Parameters:
    ///   - bytes: the document, one object with the keys of docs/VERIFY.md.
    ///   - standard: what holds where the document says nothing.
    /// - Throws: `ExpectationError`; a key that is not known is one, because a typing error would
    ///   leave something unchecked.
    package init(json bytes: [UInt8], over standard: VerifyExpectation) throws(ExpectationError) {
        do {
            let document = try JSONDecoder().decode(Document.self, from: Data(bytes))
            self = standard
            try document.apply(to: &self)
        } catch let error as ExpectationError {
            throw error
        } catch let error as DecodingError {
            throw ExpectationError(error)
        } catch {
            throw ExpectationError(place: "", message: "\(error)")
        }
    }
}

extension ExpectationError {
    fileprivate init(_ error: DecodingError) {
        func place(_ path: [any CodingKey]) -> String {
            path.map { key in key.intValue.map { "[\($0)]" } ?? key.stringValue }
                .joined(separator: ".")
        }
        switch error {
        case .dataCorrupted(let context):
            self.init(place: place(context.codingPath), message: context.debugDescription)
        case .keyNotFound(let key, let context):
            self.init(place: place(context.codingPath), message: "\(key.stringValue) is missing")
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            self.init(place: place(context.codingPath), message: context.debugDescription)
        @unknown default:
            self.init(place: "", message: "\(error)")
        }
    }
}

/// The document's form; a missing key leaves the default.
private struct Document: Decodable {
    struct Container: Decodable {
        var name: String
        var on: VerifySide?
        var required: Bool?
        var image: String?
        var digest: String?
        var restart: String?
        var ports: [String]?
        var mounts: [String]?
        var user: String?
        var capabilities: [String]?
        var readOnly: Bool?
        var noNewPrivileges: Bool?

        enum CodingKeys: String, CodingKey, CaseIterable {
            case name, on, required, image, digest, restart, ports, mounts, user, capabilities
            case readOnly = "read-only"
            case noNewPrivileges = "no-new-privileges"
        }
    }

    struct Allowed: Decodable {
        var name: String
        var arguments: String?
        var on: VerifySide?
        var because: String?

        enum CodingKeys: String, CodingKey, CaseIterable { case name, arguments, on, because }
    }

    struct Logs: Decodable {
        var on: VerifySide
        var directory: String
        var maxFile: UInt64?
        var maxFiles: Int?
        var required: Bool?

        enum CodingKeys: String, CodingKey, CaseIterable {
            case on, directory, required
            case maxFile = "max-file"
            case maxFiles = "max-files"
        }
    }

    struct Version: Decodable {
        var name: String
        var command: [String]
        var container: String?

        enum CodingKeys: String, CodingKey, CaseIterable { case name, command, container }
    }

    var containers: [Strict<Container>]?
    var otherContainers: Bool?
    var processes: [String]?
    var allowed: [Strict<Allowed>]?
    var otherListeners: Bool?
    var logs: [Strict<Logs>]?
    var maxGarbage: Int?
    var protected: [String]?
    var sameArchitecture: Bool?
    var versions: [Strict<Version>]?
    var podman: [String]?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case containers, processes, allowed, logs, protected, versions, podman
        case otherContainers = "other-containers"
        case otherListeners = "other-listeners"
        case maxGarbage = "max-garbage"
        case sameArchitecture = "same-architecture"
    }

    init(from decoder: any Decoder) throws {
        try decoder.refuseOtherKeys(CodingKeys.allCases.map(\.rawValue))
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        containers = try fields.decodeIfPresent([Strict<Container>].self, forKey: .containers)
        otherContainers = try fields.decodeIfPresent(Bool.self, forKey: .otherContainers)
        processes = try fields.decodeIfPresent([String].self, forKey: .processes)
        allowed = try fields.decodeIfPresent([Strict<Allowed>].self, forKey: .allowed)
        otherListeners = try fields.decodeIfPresent(Bool.self, forKey: .otherListeners)
        logs = try fields.decodeIfPresent([Strict<Logs>].self, forKey: .logs)
        maxGarbage = try fields.decodeIfPresent(Int.self, forKey: .maxGarbage)
        protected = try fields.decodeIfPresent([String].self, forKey: .protected)
        sameArchitecture = try fields.decodeIfPresent(Bool.self, forKey: .sameArchitecture)
        versions = try fields.decodeIfPresent([Strict<Version>].self, forKey: .versions)
        podman = try fields.decodeIfPresent([String].self, forKey: .podman)
    }

    func apply(to expectation: inout VerifyExpectation) throws(ExpectationError) {
        if let containers {
            var read: [ContainerExpectation] = []
            for item in containers { read.append(try item.value.expectation()) }
            expectation.containers = read
        }
        if let otherContainers { expectation.refusesOtherContainers = !otherContainers }
        if let processes { expectation.projectProcesses = processes }
        if let allowed {
            expectation.allowedProcesses =
                allowed.map { item in
                    VerifyExpectation.AllowedProcess(
                        item.value.name,
                        arguments: item.value.arguments,
                        on: item.value.on,
                        because: item.value.because ?? "the configuration names it"
                    )
                } + VerifyExpectation.infrastructure
        }
        if let otherListeners { expectation.refusesOtherListeners = !otherListeners }
        if let logs {
            expectation.logs = logs.map { item in
                var one = VerifyExpectation.Logs(on: item.value.on, item.value.directory)
                if let most = item.value.maxFile { one.largestFile = most }
                if let most = item.value.maxFiles { one.mostFiles = most }
                if let required = item.value.required { one.isRequired = required }
                return one
            }
        }
        if let maxGarbage { expectation.mostGarbage = maxGarbage }
        if let protected { expectation.protectedPatterns = protected }
        if let sameArchitecture { expectation.sameArchitecture = sameArchitecture }
        if let versions {
            expectation.versions = versions.map {
                .init($0.value.name, command: $0.value.command, container: $0.value.container)
            }
        }
        if let podman {
            guard !podman.isEmpty else {
                throw ExpectationError(place: "podman", message: "it names no command")
            }
            expectation.podman = podman
        }
    }
}

extension Document.Container {
    func expectation() throws(ExpectationError) -> ContainerExpectation {
        var one = ContainerExpectation(name, on: on ?? .vm)
        one.isRequired = required ?? true
        one.image = image
        one.digest = digest
        if let restart {
            guard let known = ContainerExpectation.Restart(rawValue: restart) else {
                let words = ContainerExpectation.Restart.allCases.map(\.rawValue)
                throw ExpectationError(
                    place: "containers.\(name).restart",
                    message: "\(restart) is none of \(words.joined(separator: ", "))"
                )
            }
            one.restart = known
        }
        if let ports { one.ports = try ports.map(port) }
        if let mounts { one.mounts = try mounts.map(mount) }
        switch user {
        case nil, "not-root": one.user = .notRoot
        case "any": one.user = .any
        case .some(let name): one.user = .exactly(name)
        }
        if let capabilities { one.capabilities = capabilities.sorted() }
        if let readOnly { one.isReadOnly = readOnly }
        if let noNewPrivileges { one.hasNoNewPrivileges = noNewPrivileges }
        return one
    }

    /// `127.0.0.1:8081:8080` or `8081:8080`.
    private func port(_ text: String) throws(ExpectationError) -> ContainerFacts.Port {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count >= 2, let inner = UInt16(parts[parts.count - 1]),
            let outer = UInt16(parts[parts.count - 2])
        {
            let address = parts.dropLast(2).joined(separator: ":")
            return .init(address: address, host: outer, container: inner)
        }
        throw ExpectationError(
            place: "containers.\(name).ports",
            message: "\(text) is not written as 127.0.0.1:8081:8080"
        )
    }

    /// `SOURCE:DESTINATION[:rw|ro]`, `*` for any source.
    private func mount(_ text: String) throws(ExpectationError) -> MountExpectation {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        let options: [String: Bool] = ["rw": true, "ro": false]
        if (2...3).contains(parts.count), parts[1].hasPrefix("/"),
            parts.count == 2 || options[parts[2]] != nil
        {
            return MountExpectation(
                source: parts[0] == "*" ? nil : parts[0],
                destination: parts[1],
                isWritable: parts.count == 3 ? options[parts[2]] : nil
            )
        }
        throw ExpectationError(
            place: "containers.\(name).mounts",
            message: "\(text) is not written as SOURCE:DESTINATION:rw"
        )
    }
}

/// An object in which every key has to be known.
private struct Strict<Value: Decodable>: Decodable {
    var value: Value

    init(from decoder: any Decoder) throws {
        if let known = Value.self as? any StrictKeys.Type {
            try decoder.refuseOtherKeys(known.keys)
        }
        value = try Value(from: decoder)
    }
}

private protocol StrictKeys {
    static var keys: [String] { get }
}

extension Document.Container: StrictKeys {
    static var keys: [String] { CodingKeys.allCases.map(\.rawValue) }
}

extension Document.Allowed: StrictKeys {
    static var keys: [String] { CodingKeys.allCases.map(\.rawValue) }
}

extension Document.Logs: StrictKeys {
    static var keys: [String] { CodingKeys.allCases.map(\.rawValue) }
}

extension Document.Version: StrictKeys {
    static var keys: [String] { CodingKeys.allCases.map(\.rawValue) }
}

private struct AnyKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }

    init?(intValue: Int) { nil }
}

extension Decoder {
    fileprivate func refuseOtherKeys(_ known: [String]) throws {
        let fields = try container(keyedBy: AnyKey.self)
        for key in fields.allKeys where !known.contains(key.stringValue) {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: codingPath + [key],
                    debugDescription: "it is not known; known are \(known.joined(separator: ", "))"
                )
            )
        }
    }
}
