import Synchronization
import TandemTestSupport

/// Lineage tokens that follow from a seed.
final class TokenSource: Sendable {
    private let generator: Mutex<SeededGenerator>

    init(seed: UInt64) { generator = Mutex(SeededGenerator(seed: seed)) }

    func draw() -> [UInt8] {
        generator.withLock { generator in
            (0..<16).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
        }
    }
}
