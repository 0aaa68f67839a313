import Testing

@testable import TandemCommands

/// The way to the manager, from the way to the receiver.
struct ManagerConnectionTests {
    @Test func `the manager's socket lies beside the receiver's`() {
        var receiver = ConnectionSettings(transport: .streamlocal)
        receiver.socket = "/run/user/1000/tandem/receiver.sock"
        receiver.identity = "/key"
        let settings = ManagerConnection.settings(receiver, socket: nil)
        #expect(settings.socket == "/run/user/1000/tandem-manager/manager.sock")
        #expect(settings.transport == .streamlocal && settings.identity == "/key")
        #expect(ManagerConnection.settings(receiver, socket: "/x").socket == "/x")
    }

    @Test func `where the receiver's socket lies elsewhere, Podman joins the manager's`() {
        var receiver = ConnectionSettings(transport: .streamlocal)
        receiver.socket = "/elsewhere/x.sock"
        let settings = ManagerConnection.settings(receiver, socket: nil)
        #expect(settings.transport == .exec)
        #expect(settings.execCommand == ManagerConnection.command)
    }

    @Test(arguments: [ConnectionSettings.Transport.exec, .openssh])
    func `a command stays a command`(_ transport: ConnectionSettings.Transport) {
        let receiver = ConnectionSettings(transport: transport, command: "anything")
        let settings = ManagerConnection.settings(receiver, socket: nil)
        #expect(settings.transport == transport)
        #expect(settings.execCommand == ManagerConnection.command)
    }
}
