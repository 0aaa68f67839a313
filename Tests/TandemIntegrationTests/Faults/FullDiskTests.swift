import Foundation
import Glibc
import TandemSystem
import TandemTestSupport
import Testing

/// A vm whose disk is full, on a file system of 48 MB.
@Suite(.serialized, .enabled(if: Mounts.isWanted, "\(Mounts.obstacle ?? "")"))
struct FullDiskTests {
    private static func random(_ megabytes: Int) throws -> Data {
        let random = try #require(FileHandle(forReadingAtPath: "/dev/urandom"))
        return try #require(try random.read(upToCount: megabytes << 20))
    }

    /// Runs a test on a pair whose vm root is small, and unmounts it whatever happens.
    private func withSmallRoot(_ body: (LivePair) throws -> Void) throws {
        let live = try LivePair(pairs: false)
        try Mounts.mountMemory(at: live.root, megabytes: 48)
        defer {
            live.stopReceiver()
            try? Mounts.unmount(live.root)
        }
        try live.pair()
        try live.write("old", to: "kept")
        #expect(try live.push().code == 0)
        try body(live)
    }

    @Test(.tags(.live, .fault))
    func `what does not fit is refused before it is sent, and goes when there is room`() throws {
        try withSmallRoot { live in
            try live.write("new", to: "kept")
            try live.write(try Self.random(60), to: "large")
            let end = try live.push()
            #expect(end.code == 2, "\(end.said)")
            let sentence = "tandem: the receiver: 62914563 bytes do not fit: "
            #expect(end.errors.contains(sentence), "\(end.said)")
            #expect(end.errors.contains("next: free space on the vm, then push again"))
            #expect(live.onVM("kept") == "old")
            #expect(live.onVM("large") == nil)
            try Mounts.resize(live.root, megabytes: 128)
            #expect(try live.push().code == 0)
            #expect(try live.differences() == "")
        }
    }

    @Test(.tags(.live, .fault))
    func `a disk that fills up meanwhile costs that file alone, and goes when there is room`()
        throws
    {
        try withSmallRoot { live in
            try live.write("new", to: "kept")
            try live.write(try Self.random(40), to: "large")
            let push = try live.start(["push"])
            try push.wait { live.stagedBytes > 1 << 20 }
            let held = live.server.sessionPIDs
            for pid in held { kill(pid, SIGSTOP) }
            let filler = "\(live.root)/.tandem/filler"
            _ = try? Command.run("dd", ["if=/dev/zero", "of=\(filler)", "bs=1M"])
            for pid in held { kill(pid, SIGCONT) }
            let end = try CommandEnd(push)
            end.expectPlainText()
            #expect(end.code == 2, "\(end.said)")
            #expect(end.said.contains("the vm's disk is full"), "\(end.said)")
            #expect(["old", "new"].contains(live.onVM("kept")))
            #expect(live.onVM("large") == nil)
            try FileManager.default.removeItem(atPath: filler)
            let again = try live.push()
            #expect(again.code == 0, "\(again.said)")
            #expect(try live.differences() == "")
        }
    }
}
