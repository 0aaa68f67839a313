import TandemFiles
import TandemSimulation
import TandemSystem
import TandemTestSupport
import Testing

/// The simulated file system does what the real one does, call for call.
struct ConformanceTests {
    @Test(.tags(.property), arguments: 0..<60 as Range<UInt64>)
    func `the same calls give the same answers as on a real file system`(seed: UInt64) throws {
        let directory = try TemporaryDirectory()
        let real = RealFileSystem()
        let root = try SyncRoot.open(directory.path("."), on: real)
        defer { real.close(root.descriptor) }
        var expected = FileSystemScript(real, top: root.descriptor, seed: seed)
        expected.run(calls: 400)

        var settings = SimulatedFileSystem.Settings()
        settings.mask = try Self.mask(of: real)
        let simulated = SimulatedFileSystem(settings: settings)
        let top = try SyncRoot.open("/", on: simulated)
        var given = FileSystemScript(simulated, top: top.descriptor, seed: seed)
        given.run(calls: 400)
        #expect(expected.lines.count > 200)
        for (line, (one, other)) in zip(expected.lines, given.lines).enumerated() where one != other
        {
            Issue.record("seed \(seed), line \(line): real \(one), simulated \(other)")
            return
        }
        #expect(expected.lines.count == given.lines.count)
    }

    /// The process's umask, seen in a directory made with all rights.
    private static func mask(of fileSystem: RealFileSystem) throws -> UInt16 {
        let directory = try TemporaryDirectory()
        let root = try SyncRoot.open(directory.path("."), on: fileSystem)
        defer { fileSystem.close(root.descriptor) }
        let status = try withCName(Array("probe".utf8)) { name throws(SystemError) in
            try fileSystem.makeDirectory(at: root.descriptor, name, mode: 0o777)
            return try fileSystem.status(at: root.descriptor, name)
        }
        return ~(status?.mode ?? 0o755) & 0o777
    }
}
