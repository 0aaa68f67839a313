import TandemTree

/// What a vm has, as one script there found it.
package struct VMSurvey: Sendable, Hashable {
    package enum Place: String, Sendable { case directory, missing, other }
    package enum Process: String, Sendable { case current, old, none }

    package var system: String
    package var machine: String
    package var uid: UInt32
    /// The home directory, links followed.
    package var home: String
    /// `XDG_RUNTIME_DIR`, or /run/user/UID where that is there.
    package var runtimeDirectory: String?
    package var podman: PodmanVersion?
    /// Whether `systemctl --user` answers.
    package var hasUserServices: Bool
    package var lingers: Bool
    /// The cgroup controllers the account's services may use.
    package var controllers: Set<String>
    package var freeBytes: UInt64?
    /// The vm root, links followed where it is there.
    package var root: String
    package var rootPlace: Place
    package var rootIsWritable: Bool
    /// The SHA-256 of the receiver that is there already.
    package var binary: String?
    /// What an earlier deployment noted; empty where there was none.
    package var record: DeploymentRecord?
    package var process: Process
    package var unitIsThere: Bool
    package var unitIsActive: Bool
    package var imageIsThere: Bool
    /// Programs that a deployment needs and that are not there.
    package var missingTools: [String]
}

/// A version of Podman, as far as it is compared.
package struct PodmanVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var major: Int
    package var minor: Int

    package init(_ major: Int, _ minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// Reads `5.4.2`, `5.0.0-dev` and their like.
    init?(_ text: String) {
        let parts = text.split(separator: ".", maxSplits: 2)
        guard parts.count >= 2, let major = Int(parts[0]), let minor = Int(parts[1]),
            major >= 0, minor >= 0
        else { return nil }
        self.init(major, minor)
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }

    package var description: String { "\(major).\(minor)" }
}

extension VMSurvey {
    /// The lines between which the answer stands: a login shell may print before it.
    static let first = "tandem-survey 1"
    static let last = "tandem-survey end"

    /// Reads the script's output; every key has to be there once, and no other.
    ///
    /// - Throws: `CommandError` that says what was not understood.
    package init(parsing output: [UInt8]) throws(CommandError) {
        var fields = try SurveyFields(output)
        system = try fields.word("system")
        machine = try fields.word("machine")
        uid = try fields.value("uid") { UInt32($0) }
        home = try fields.path("home")
        runtimeDirectory = try fields.optional("runtime", Self.path)
        podman = try fields.optional("podman") { PodmanVersion($0) }
        hasUserServices = try fields.flag("services")
        lingers = try fields.flag("linger")
        controllers = Set(try fields.take("controllers").split(separator: " ").map(String.init))
        freeBytes = try fields.optional("free") { text in
            guard let kib = UInt64(text), kib <= UInt64.max >> 10 else { return nil }
            return kib << 10
        }
        root = try fields.path("root")
        rootPlace = try fields.value("rootplace") { Place(rawValue: $0) }
        rootIsWritable = try fields.flag("rootwritable")
        binary = try fields.optional("binary") { SurveyFields.isDigest($0) ? $0 : nil }
        // A record of another form is as good as none: everything is put in place again.
        record = try fields.optional("record") { SurveyFields.text($0) }
            .flatMap { DeploymentRecord(parsing: $0) }
        process = try fields.value("process") { Process(rawValue: $0) }
        unitIsThere = try fields.flag("unit")
        unitIsActive = try fields.flag("active")
        imageIsThere = try fields.flag("image")
        missingTools = try fields.take("missing").split(separator: " ").map(String.init)
        try fields.requireEmpty()
    }

    private static func path(_ hex: String) -> String? {
        SurveyFields.text(hex).flatMap { $0.hasPrefix("/") ? $0 : nil }
    }
}

/// The `key=value` lines of a survey.
private struct SurveyFields {
    private var values: [String: String] = [:]

    init(_ output: [UInt8]) throws(CommandError) {
        let lines = output.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
        guard let start = lines.firstIndex(of: VMSurvey.first),
            let end = lines[start...].firstIndex(of: VMSurvey.last)
        else {
            throw CommandError(
                .failed,
                "the vm did not answer the question what it has",
                next: "log in with ssh and look whether `sh`, `dd` and `od` work; a key that is "
                    + "held to one command cannot deploy"
            )
        }
        for line in lines[(start + 1)..<end] {
            guard let equals = line.firstIndex(of: "=") else { throw Self.wrong(line) }
            let key = String(line[..<equals])
            guard values[key] == nil else { throw Self.wrong(line) }
            values[key] = String(line[line.index(after: equals)...])
        }
    }

    private static func wrong(_ what: String) -> CommandError {
        CommandError(.failed, "the vm's answer was not understood: \(what)")
    }

    mutating func take(_ key: String) throws(CommandError) -> String {
        guard let value = values.removeValue(forKey: key) else {
            throw Self.wrong("\(key) is missing")
        }
        return value
    }

    func requireEmpty() throws(CommandError) {
        if let key = values.keys.min() { throw Self.wrong("\(key) is not expected") }
    }

    mutating func value<Value>(
        _ key: String,
        _ convert: (String) -> Value?
    ) throws(CommandError) -> Value {
        let text = try take(key)
        guard let value = convert(text) else { throw Self.wrong("\(key)=\(text)") }
        return value
    }

    mutating func optional<Value>(
        _ key: String,
        _ convert: (String) -> Value?
    ) throws(CommandError) -> Value? {
        let text = try take(key)
        guard !text.isEmpty else { return nil }
        guard let value = convert(text) else { throw Self.wrong("\(key)=\(text)") }
        return value
    }

    mutating func flag(_ key: String) throws(CommandError) -> Bool {
        try value(key) { ["yes": true, "no": false][$0] }
    }

    mutating func word(_ key: String) throws(CommandError) -> String {
        try value(key) { $0.isEmpty ? nil : $0 }
    }

    mutating func path(_ key: String) throws(CommandError) -> String {
        try value(key) { hex in Self.text(hex).flatMap { $0.hasPrefix("/") ? $0 : nil } }
    }

    static func isDigest(_ text: String) -> Bool {
        text.utf8.count == 64 && text.utf8.allSatisfy { nibble($0) != nil }
    }

    /// What a path or a text was written as, so that no name breaks a line.
    static func text(_ hex: String) -> String? {
        var bytes: [UInt8] = []
        var rest = hex.utf8[...]
        while let high = rest.popFirst() {
            guard let low = rest.popFirst(), let upper = nibble(high), let lower = nibble(low),
                upper | lower != 0
            else { return nil }
            bytes.append(upper << 4 | lower)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func nibble(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
