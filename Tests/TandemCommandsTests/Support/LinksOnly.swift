import TandemSystem

@testable import TandemCommands

/// A dialer of a test that links are all there is to: no shell, and nothing to check.
protocol LinksOnly: Dialer {}

extension LinksOnly {
    func shell(
        on destination: Destination,
        _ settings: ConnectionSettings,
        trust: HostTrust
    ) throws -> any RemoteShell {
        throw LinkError(.failed, "no shell in this test")
    }

    func checks(
        of destination: Destination,
        _ settings: ConnectionSettings
    ) -> [DoctorCheck] { [] }
}
