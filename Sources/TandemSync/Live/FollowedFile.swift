package import TandemTree

/// One file of the root that somebody must know about: where its content comes from.
///
/// Both closures are called on the loop's thread and must not block for long.
package struct FollowedFile: Sendable {
    package var path: RelativePath
    /// A batch of the vm's is about to bring this content, or to take the file away where it is nil.
    ///
    /// Called before anything is applied, so that no crash leaves content of unknown origin. Where
    /// it throws, the batch is not applied.
    package var willArrive: @Sendable (Digest?) throws -> Void
    /// The laptop was seen to hold this content, whoever brought it; said once for each.
    package var wasSeen: @Sendable (Digest) -> Void

    package init(
        path: RelativePath,
        willArrive: @escaping @Sendable (Digest?) throws -> Void,
        wasSeen: @escaping @Sendable (Digest) -> Void
    ) {
        self.path = path
        self.willArrive = willArrive
        self.wasSeen = wasSeen
    }
}

extension LiveLoop {
    /// Says what the followed file holds now, if that is something else.
    func lookAtFollowed() {
        guard let following, let side,
            let state = side.laptop.tree.state(at: following.path), state.kind == .file,
            state.digest != lastSeenFollowed
        else { return }
        lastSeenFollowed = state.digest
        following.wasSeen(state.digest)
    }

    /// Says what a batch is about to do to the followed file.
    func announceFollowed(in changes: [Change]) throws {
        guard let following else { return }
        for change in changes {
            let isTaken = change.source == .move(following.path)
            guard isTaken || change.path == following.path else { continue }
            do {
                try following.willArrive(isTaken ? nil : change.new?.digest)
            } catch {
                throw SyncError(
                    .failed,
                    "a batch that changes \(following.path) was not applied: \(error)"
                )
            }
        }
    }
}
