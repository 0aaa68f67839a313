package import TandemManagement
import TandemProject

/// A vm that is an SSH host: everything is found out over one login.
package struct SSHHostProvider: VMProvider {
    private let connect: @Sendable () throws -> any RemoteShell

    /// Takes how the vm is logged in to.
    package init(connect: @escaping @Sendable () throws -> any RemoteShell) {
        self.connect = connect
    }

    package func look() -> VMCondition {
        let shell: any RemoteShell
        do {
            shell = try connect()
        } catch {
            return .unreachable(CommandError(error).what)
        }
        defer { shell.close() }
        do {
            let output = try shell.require(RemoteScript("look at the vm", VMHost.script))
            guard let host = VMHost(parsing: output) else {
                return .unclear("the vm's answer was not understood")
            }
            return .up(host)
        } catch {
            return .unclear(CommandError(error).what)
        }
    }
}
