import Dispatch
import TandemSystem
import TandemTree

/// What the watching thread has found and nobody has taken yet; its memory is bounded.
final class WatchInbox: Sendable {
    private struct State {
        var dirty: Set<RelativePath> = []
        var listings: Set<RelativePath> = []
        var needsFullScan = false
        var isRootGone = false
        var isClosed = false
        var isWoken = false

        var isEmpty: Bool {
            dirty.isEmpty && listings.isEmpty && !needsFullScan && !isRootGone
        }
    }

    private let monitor = Monitor(State())

    /// Beyond it a full scan costs less than so many single looks.
    static let capacity = 16_384

    /// Adds to what waits.
    func post(_ batch: WatchBatch) {
        guard !batch.isEmpty else { return }
        monitor.change { state in
            state.isRootGone = state.isRootGone || batch.isRootGone
            state.needsFullScan = state.needsFullScan || batch.needsFullScan
            guard !state.needsFullScan else {
                state.dirty.removeAll()
                state.listings.removeAll()
                return
            }
            state.dirty.formUnion(batch.dirty)
            state.listings.formUnion(batch.listings)
            if state.dirty.count + state.listings.count > Self.capacity { Self.shrink(&state) }
        }
    }

    private static func shrink(_ state: inout State) {
        let dirty = state.dirty.withoutCovered()
        state.dirty = Set(dirty)
        state.listings = state.listings.filter { !dirty.covers($0) }
        guard state.dirty.count + state.listings.count > capacity / 2 else { return }
        state.dirty.removeAll()
        state.listings.removeAll()
        state.needsFullScan = true
    }

    /// Takes all there is; nil when the deadline passed first, or it is closed and empty.
    func take(until deadline: DispatchTime) -> WatchBatch? {
        let taken: State?? = monitor.wait(until: deadline) { state -> State?? in
            guard !state.isEmpty || state.isWoken else {
                return state.isClosed ? .some(nil) : nil
            }
            var taken = State(isClosed: state.isClosed)
            swap(&taken, &state)
            return taken
        }
        guard let state = taken ?? nil else { return nil }
        let dirty = state.dirty.withoutCovered()
        return WatchBatch(
            dirty: dirty,
            listings: state.listings.filter { !dirty.covers($0) }.sorted(),
            needsFullScan: state.needsFullScan,
            isRootGone: state.isRootGone
        )
    }

    /// Makes a waiting `take` return an empty batch.
    func wake() {
        monitor.change { $0.isWoken = true }
    }

    func close() {
        monitor.change { $0.isClosed = true }
    }
}

extension Sequence<RelativePath> {
    /// The paths in order, without those that lie below another.
    func withoutCovered() -> [RelativePath] {
        var kept: [RelativePath] = []
        for path in sorted() {
            if let last = kept.last, last == path || path.isDescendant(of: last) { continue }
            kept.append(path)
        }
        return kept
    }
}

extension [RelativePath] {
    /// Whether a path, or one above it, is in this list, which is in order and has none twice.
    func covers(_ path: RelativePath) -> Bool {
        var (low, high) = (0, count)
        while low < high {
            let middle = low + (high - low) / 2
            if self[middle] <= path { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return false }
        return self[low - 1] == path || path.isDescendant(of: self[low - 1])
    }
}
