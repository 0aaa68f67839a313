package import TandemSystem
package import TandemTree

/// How long after a change a further one may leave the same times on a file.
///
/// A stamp that is kept in a tree vouches for the content for ever; so one from within the window
/// around the moment of reading is not kept, and the next scan reads the content again. Whoever
/// puts a looked-at entry into an index asks `settled` for the stamp to keep.
package struct RacyWindow: Hashable, Sendable {
    package let nanoseconds: Int64

    /// For file systems nothing is known of: FAT, the coarsest in use, counts in steps of 2 s.
    package static let unknown = RacyWindow(nanoseconds: 2_000_000_000)

    /// Where every change was seen to get a time of its own; the margin is one kernel tick (100 Hz).
    package static let fine = RacyWindow(nanoseconds: 10_000_000)

    package init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// The stamp to keep for content that was read between two readings of this machine's clock.
    ///
    /// A time in the future by more than the window is no danger: the next change sets another.
    ///
    /// - Parameters:
    ///   - stamp: what the status call after the reading said.
    ///   - started: the wall clock before the reading.
    ///   - time: the clock; read only for a time close to `started` or after it.
    /// - Returns: the stamp, or `.zero` when it vouches for nothing.
    package func settled(_ stamp: Stamp, readSince started: Int64, by time: any TimeSource) -> Stamp
    {
        let edge = started.subtractingReportingOverflow(nanoseconds).partialValue
        guard stamp.modified >= edge || stamp.changed >= edge else { return stamp }
        let end = time.wall.addingReportingOverflow(nanoseconds).partialValue
        let range = min(edge, end)...max(edge, end)
        return range.contains(stamp.modified) || range.contains(stamp.changed) ? .zero : stamp
    }

    /// Finds the window of the file system that holds `directory`, by changing a file of its own.
    ///
    /// - Parameters:
    ///   - fileSystem: what makes the calls.
    ///   - directory: where Tandem may write, on the root's file system; nothing stays there.
    /// - Returns: `fine` when each of several changes in a row had a ctime of its own; else, and
    ///   where nothing can be written, `unknown`.
    package static func probed(on fileSystem: any FileSystem, in directory: Int32) -> RacyWindow {
        (try? probe(fileSystem, directory)) ?? .unknown
    }

    private static func probe(
        _ fileSystem: any FileSystem,
        _ directory: Int32
    ) throws(SystemError) -> RacyWindow {
        try withCName(Array(probeName.utf8)) { name throws(SystemError) in
            try? fileSystem.removeFile(at: directory, name)
            let file = HeldDescriptor(
                try fileSystem.createFile(at: directory, name, mode: 0o600),
                of: fileSystem
            )
            defer { try? fileSystem.removeFile(at: directory, name) }
            var last = try fileSystem.status(of: file.raw).changed
            for _ in 0..<probeRounds {
                try fileSystem.writeAll(file.raw, [0])
                let next = try fileSystem.status(of: file.raw).changed
                guard next != last else { return .unknown }
                last = next
            }
            return .fine
        }
    }

    /// Several, because one change may fall on a tick by chance.
    private static let probeRounds = 32
    private static let probeName = "stamp-probe"
}
