import Foundation
import TandemTestSupport
import Testing

@testable import TandemCommands

struct ReceiverUnitTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../deployment/receiver")

    private func shipped(_ name: String) throws -> String {
        try String(contentsOf: Self.folder.appending(path: name), encoding: .utf8)
    }

    @Test func `what a deployment writes is what is shipped`() throws {
        #expect(try shipped("Containerfile") == ShippedFiles.containerfile)
        #expect(try shipped("tandem-receiver.container") == ShippedFiles.unit)
        #expect(try shipped("tandem-receiver.container.d/limits.conf") == ShippedFiles.limits)
        #expect(ReceiverUnit.text(root: "%h/app") == ShippedFiles.unit)
    }

    @Test func `the root is filled in where it is mounted and where it is made`() throws {
        let unit = QuadletUnit(text: ReceiverUnit.text(root: "/srv/shöp"))
        let shipped = QuadletUnit(text: ShippedFiles.unit)
        #expect(unit.volumes.first { $0.container == "/app" }?.host == "/srv/shöp")
        #expect(unit.volumes.count == shipped.volumes.count)
        let made = unit.values("ExecStartPre", in: "Service")
        #expect(made.contains { $0.split(separator: " ").contains("/srv/shöp") })
        #expect(!ReceiverUnit.text(root: "/srv/shöp").contains("%h/app"))
        for section in ["Unit", "Container", "Service", "Install"] {
            #expect(unit.keys(in: section) == shipped.keys(in: section))
        }
        #expect(unit.value("Image") == ReceiverUnit.image)
        #expect(unit.value("ContainerName") == ReceiverUnit.container)
        #expect(unit.value("Exec") == shipped.value("Exec"))
    }

    @Test func `a path that a unit would read differently is not put into one`() {
        for path in ["/a", "/home/me/app-1.0_x", "/srv/é", "/a@b+c"] {
            #expect(ReceiverUnit.holds(path), "\(path)")
        }
        let wrong = ["", "a", "/a b", "/a:b", "/%h", "/a'b", "/a\"b", "/$a", "/a\\b", "/a\nb"]
        for path in wrong { #expect(!ReceiverUnit.holds(path), "\(path)") }
    }

    @Test func `limits are written only where they can hold`() {
        #expect(ReceiverUnit.limits(controllers: ["cpu", "memory", "pids", "io"]) != nil)
        #expect(ReceiverUnit.limits(controllers: ["memory", "pids"]) == nil)
        #expect(ReceiverUnit.limits(controllers: []) == nil)
    }
}
