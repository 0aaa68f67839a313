import ArgumentParser
import Glibc
import TandemSSH
import TandemSync
import TandemSystem
import Testing

@testable import TandemCommands

struct ExitCodeTests {
    @Test(
        arguments: [
            (SyncError.Code.halted, Int32(3)), (.amnesia, 3), (.unreachable, 69), (.permission, 77),
            (.version, 78), (.configuration, 78), (.noSpace, 2), (.protocolViolation, 2),
            (.timedOut, 4), (.interrupted, 130), (.busy, 2), (.failed, 2),
        ] as [(SyncError.Code, Int32)]
    )
    func `a sync error has its exit code`(_ code: SyncError.Code, _ number: Int32) {
        let error = CommandError(SyncError(code, "what happened"), at: "devvm")
        #expect(error.code.rawValue == number)
        #expect(error.what == "what happened")
        #expect(error.place == "devvm")
    }

    @Test(
        arguments: [
            (SSHError.Code.configuration, Int32(78)), (.refused, 69), (.connectTimedOut, 69),
            (.socketMissing, 69), (.connectionLost, 69), (.changedHostKey, 77), (.unknownHost, 77),
            (.authenticationFailed, 77), (.forwardingRefused, 77),
        ] as [(SSHError.Code, Int32)]
    )
    func `an SSH error has its exit code`(_ code: SSHError.Code, _ number: Int32) {
        let error = CommandError(SSHError(code, "refused", subject: "devvm", hint: "do this"))
        #expect(error.code.rawValue == number)
        #expect(error.what == "devvm: refused")
        #expect(error.next == "do this")
    }

    @Test func `a system call's reason decides between permission and failure`() {
        #expect(CommandError(SystemError("open", "/x", errno: EACCES)).code == .permission)
        #expect(CommandError(SystemError("open", "/x", errno: ENOENT)).code == .failed)
        #expect(
            CommandError(SystemError("connect", "/x", errno: ECONNREFUSED)).code == .unreachable
        )
        #expect(CommandError(LinkError(.closed, "gone")).code == .unreachable)
    }

    @Test func `every sync error says what to do next`() {
        let codes: [SyncError.Code] = [
            .halted, .amnesia, .unreachable, .permission, .version, .configuration, .noSpace,
            .protocolViolation, .timedOut, .interrupted, .busy,
        ]
        for code in codes { #expect(CommandError(SyncError(code, "x")).next != nil) }
        #expect(CommandError(SyncError(.failed, "x", hint: "y")).next == "y")
    }

    @Test func `a report's exit code tells failures from conflicts`() throws {
        var report = try PushReport.busy()
        #expect(ExitCode(report) == .failed)
        report.refusals = []
        #expect(ExitCode(report) == .attention)
        report.conflicts = []
        #expect(ExitCode(report) == .attention)
        report.problems = []
        #expect(ExitCode(report) == .done)
    }

    @Test func `the help lists every exit code`() {
        let help = TandemCommand.helpMessage(columns: 80)
        for code in ExitCode.allCases {
            #expect(help.contains(" \(code.rawValue)  \(code.meaning)"))
        }
    }
}
