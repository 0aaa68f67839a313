@testable import TandemCommands

/// Surveys and wishes for tests: an ordinary vm, of which each test changes what it is about.
enum SurveySample {
    static func hex(_ text: String) -> String {
        text.utf8.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0\(digits)" : digits
        }.joined()
    }

    /// The lines of an ordinary answer.
    static var fields: [(key: String, value: String)] {
        [
            ("system", "Linux"), ("machine", "x86_64"), ("uid", "1000"),
            ("home", hex("/home/me")), ("runtime", hex("/run/user/1000")), ("podman", "5.4.2"),
            ("services", "yes"), ("linger", "no"), ("controllers", "cpu memory pids"),
            ("free", "1048576"), ("root", hex("/home/me/app")), ("rootplace", "missing"),
            ("rootwritable", "no"), ("binary", ""), ("record", ""), ("process", "none"),
            ("unit", "no"), ("active", "no"), ("image", "no"), ("missing", ""),
        ]
    }

    static func answer(
        _ fields: [(key: String, value: String)] = fields,
        before: String = "",
        last: String = VMSurvey.last
    ) -> [UInt8] {
        let lines = fields.map { "\($0.key)=\($0.value)" }
        return Array((before + ([VMSurvey.first] + lines + [last]).joined(separator: "\n")).utf8)
    }

    static func survey(_ change: (inout VMSurvey) -> Void = { _ in }) throws -> VMSurvey {
        var survey = try VMSurvey(parsing: answer())
        change(&survey)
        return survey
    }

    /// The smallest file that is taken for a program: a header, and a program header of a type.
    static func program(machine: UInt8 = 62, segment: UInt8 = 1) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 64 + 56)
        bytes.replaceSubrange(0..<6, with: [0x7F, 0x45, 0x4C, 0x46, 2, 1])
        bytes[18] = machine
        bytes[32] = 64
        bytes[54] = 56
        bytes[56] = 1
        bytes[64] = segment
        return bytes
    }

    static func wish(
        _ mode: DeploymentMode,
        _ program: [UInt8] = program(),
        image: (bytes: [UInt8], digest: String)? = nil
    ) throws -> DeploymentWish {
        guard let binary = ReceiverBinary(program) else {
            throw CommandError(.failed, "the sample is no program")
        }
        return DeploymentWish(mode: mode, binary: binary, image: image)
    }
}
