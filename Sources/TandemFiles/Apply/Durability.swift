import Synchronization
import TandemSystem
import TandemTree

/// Making many values durable: one flush of the file system, or one for each from a few threads.
struct Durability: Sendable {
    let fileSystem: any FileSystem
    let limits: BatchLimits
    private let flushesWhole: Bool

    /// Kinds (statfs `f_type`, linux/magic.h) on which syncfs covers data and names alike.
    private static let wholeFlushKinds: Set<UInt64> = [
        0xEF53,  // ext2, ext3, ext4
        0x5846_5342,  // XFS
        0x9123_683E,  // btrfs
        0xF2F5_2010,  // F2FS
    ]

    init(_ fileSystem: any FileSystem, _ limits: BatchLimits, root: Int32) {
        self.fileSystem = fileSystem
        self.limits = limits
        let kind = try? fileSystem.space(of: root).kind
        flushesWhole = kind.map { Self.wholeFlushKinds.contains($0) } ?? false
    }

    /// Makes everything at `paths` below `base` durable; the indices of those that could not be.
    ///
    /// A whole flush reports other people's errors too, so each file is asked for its own before
    /// one is called lost; whoever lost data is never flushed again.
    func flush(_ paths: [RelativePath], below base: Directory) -> [(Int, SystemError)] {
        if flushesWhole, paths.count > limits.wholeFlushThreshold,
            (try? fileSystem.syncFileSystem(base.raw)) != nil
        {
            return []
        }
        guard paths.count > limits.flushThreads else {
            var failures: [(Int, SystemError)] = []
            for index in paths.indices {
                if let error = flush(paths[index], below: base.raw) {
                    failures.append((index, error))
                }
            }
            return failures
        }
        return withExtendedLifetime(base) { flushInParallel(paths, below: base.raw) }
    }

    /// The threads get the number and not the owner, which would be released after they are joined.
    private func flushInParallel(
        _ paths: [RelativePath],
        below base: Int32
    ) -> [(Int, SystemError)] {
        let shared = Monitor((next: 0, failures: [(Int, SystemError)]()))
        let threads = (0..<limits.flushThreads).map { _ in
            WorkerThread.start("flush") {
                while true {
                    let index = shared.look { state in
                        defer { state.next += 1 }
                        return state.next
                    }
                    guard index < paths.count else { return }
                    if let error = flush(paths[index], below: base) {
                        shared.look { $0.failures.append((index, error)) }
                    }
                }
            }
        }
        for thread in threads { thread.join() }
        return shared.look { $0.failures }.sorted { $0.0 < $1.0 }
    }

    /// Flushes one file or directory; a link is durable with its directory.
    private func flush(_ path: RelativePath, below base: Int32) -> SystemError? {
        do throws(SystemError) {
            guard !path.isRoot else {
                try fileSystem.sync(base)
                return nil
            }
            let parent = try Directory.beneath(base, path.parent ?? .root, of: fileSystem)
            switch try parent.status(path.name)?.type {
            case .file:
                let file = try parent.openFile(path.name)
                try fileSystem.sync(file.raw)
            case .directory: try parent.directory(path.name).sync()
            default: break
            }
            return nil
        } catch {
            return error
        }
    }
}
