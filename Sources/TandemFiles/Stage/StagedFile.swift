import TandemSystem
import TandemTree

/// The content of one file on its way in.
///
/// It is hashed as it is written while the pieces come in order; a piece out of order means that it
/// is read back and hashed when the last one is there.
final class StagedFile: Sendable {
    /// What a piece led to.
    enum Progress {
        case more
        case complete
        /// Everything is there and it is not what was announced.
        case wrong
    }

    private struct State: ~Copyable {
        var hasher: ContentHasher?
        var coverage = Coverage()
        var unflushed: UInt64 = 0
    }

    private let fileSystem: any FileSystem
    private let descriptor: Int32
    private let size: UInt64
    private let digest: Digest
    private let state = Monitor(State(hasher: ContentHasher()))

    /// Writeback of a long file is started each time this much more is there.
    private static let writebackStep: UInt64 = 8 << 20

    /// Takes ownership of a new, empty file.
    init(_ file: consuming HeldDescriptor, of fileSystem: any FileSystem, _ expected: EntryState) {
        self.fileSystem = fileSystem
        descriptor = file.take()
        size = expected.size
        digest = expected.digest
    }

    deinit { fileSystem.close(descriptor) }

    /// Writes a piece.
    ///
    /// - Throws: `.badContent` for bytes that were not announced, `.system` for a failed write.
    func write(
        offset: UInt64,
        _ bytes: UnsafeRawBufferPointer
    ) throws(ApplyError) -> Progress {
        let (end, overflow) = offset.addingReportingOverflow(UInt64(bytes.count))
        guard !overflow, end <= size else {
            throw ApplyError(.badContent, "more content came than was announced")
        }
        let outcome = state.look { state -> Result<Progress, ApplyError> in
            do throws(ApplyError) {
                return .success(try advance(&state, offset..<end, bytes))
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    private func advance(
        _ state: inout State,
        _ range: Range<UInt64>,
        _ bytes: UnsafeRawBufferPointer
    ) throws(ApplyError) -> Progress {
        do throws(SystemError) {
            try fileSystem.writeAll(descriptor, at: range.lowerBound, bytes)
        } catch {
            throw ApplyError("stage content", error)
        }
        if range.lowerBound == state.coverage.prefix {
            state.hasher?.update(bytes)
        } else {
            state.hasher = nil
        }
        guard state.coverage.insert(range) else {
            throw ApplyError(.badContent, "the content came in too many separate pieces")
        }
        startWriteback(&state, UInt64(bytes.count))
        guard state.coverage.prefix == size else { return .more }
        return try finish(&state) == digest ? .complete : .wrong
    }

    private func startWriteback(_ state: inout State, _ count: UInt64) {
        state.unflushed += count
        guard state.unflushed >= Self.writebackStep else { return }
        state.unflushed = 0
        fileSystem.startWriteback(descriptor, offset: 0, length: state.coverage.prefix)
    }

    private func finish(_ state: inout State) throws(ApplyError) -> Digest {
        if var hasher = state.hasher.take() { return hasher.finish() }
        do throws(SystemError) {
            return try fileSystem.digest(of: descriptor).digest
        } catch {
            throw ApplyError("read staged content back", error)
        }
    }

    /// What the file is now.
    func status() throws(SystemError) -> FileStatus { try fileSystem.status(of: descriptor) }
}
