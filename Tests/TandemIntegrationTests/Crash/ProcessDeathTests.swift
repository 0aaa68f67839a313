import TandemTestSupport
import Testing

/// Programs that die at the worst moment: the real ones, over a real sshd.
///
/// One after the other, because each of these tests keeps both cores busy and measures time.
@Suite(.serialized, .tags(.crash, .live)) struct ProcessDeathTests {}
