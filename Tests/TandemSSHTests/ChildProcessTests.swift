import Dispatch
import Glibc
import TandemSystem
import Testing

struct ChildProcessTests {
    private static func capture(
        _ program: String,
        _ arguments: [String],
        environment: [String]? = nil,
        input: [UInt8] = [],
        limit: Int = 1 << 20,
        seconds: Int = 60
    ) throws -> ChildProcess.Captured {
        ProcessSettings.harden()
        return try ChildProcess.capture(
            program,
            arguments,
            environment: environment,
            input: input,
            limit: limit,
            deadline: .now() + .seconds(seconds)
        )
    }

    @Test func `input, output, error text and status are passed`() throws {
        let input = [UInt8](repeating: 7, count: 300_000)
        let result = try Self.capture("sh", ["-c", "cat; echo no >&2; exit 5"], input: input)
        #expect(result.output == input)
        #expect(result.standardError == Array("no\n".utf8))
        #expect(result.exit == .status(5))
        #expect(!result.truncated)
    }

    @Test func `arguments and environment reach the program as they are`() throws {
        let odd = "a b;$(c)\n'\""
        let result = try Self.capture("printf", ["%s", odd])
        #expect(result.output == Array(odd.utf8))
        let seen = try Self.capture("env", [], environment: ["ONLY=this", "PATH=/bin"])
        #expect(seen.output == Array("ONLY=this\nPATH=/bin\n".utf8))
    }

    @Test func `what is over the limit is read and dropped`() throws {
        let result = try Self.capture("head", ["-c", "500000", "/dev/zero"], limit: 1000)
        #expect(result.output.count == 1000)
        #expect(result.truncated)
        #expect(result.exit == .status(0))
    }

    @Test func `a program that does not read its input is no failure`() throws {
        let input = [UInt8](repeating: 1, count: 1 << 20)
        #expect(try Self.capture("true", [], input: input).exit == .status(0))
    }

    @Test func `a program past its deadline is killed`() throws {
        let error = #expect(throws: SystemError.self) {
            try Self.capture("sleep", ["1000"], seconds: 0)
        }
        #expect(error?.errno == ETIMEDOUT)
    }

    @Test func `a missing program is an error at once`() {
        let error = #expect(throws: SystemError.self) {
            try ChildProcess.start("/no/such/program", [])
        }
        #expect(error?.errno == ENOENT)
    }

    @Test func `a program that ignores the polite signal is killed after the grace`() throws {
        let pipe = try Pipe()
        let child = try ChildProcess.start(
            "sh",
            ["-c", "trap '' TERM; echo ready; while :; do sleep 1000; done"],
            descriptors: .init(output: pipe.writing.raw)
        )
        var byte: UInt8 = 0
        #expect(read(pipe.reading.raw, &byte, 1) == 1)
        child.terminate(grace: .milliseconds(50))
        #expect(child.wait(until: .now() + .seconds(60)) == .signal(SIGKILL))
        child.signal(SIGTERM)
        #expect(!child.isRunning)
    }
}
