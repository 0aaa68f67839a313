/// Every bound of the wire format, with its reason; a peer cannot change one of them.
package enum Limits {
    /// The protocol version this code speaks.
    package static let version: UInt8 = 1
    /// What a frame may hold after its length field (SAFETY I12: frame ≤ 1 MiB).
    package static let frame = 1_048_576
    /// What a Data pack may hold once decompressed (SAFETY I12, bombs).
    package static let rawPack = 524_288
    /// All bytes a peer may send before its Hello is accepted (SAFETY I11).
    package static let beforeHello = 65_536
    /// How long a peer may take for its Hello, in nanoseconds (SAFETY I11: 5 s from accept).
    package static let helloDeadline: UInt64 = 5_000_000_000
    /// How far the laptop looks for the greeting, because a login shell may print first.
    package static let greetingSearch = 65_536
    /// Silence after which an end asks for a sign of life, in nanoseconds (TRANSPORT 6).
    package static let pingAfter: UInt64 = 5_000_000_000
    /// Silence after which the peer is taken for dead, in nanoseconds (TRANSPORT 6: 3 misses).
    package static let deadAfter: UInt64 = 15_000_000_000
    /// How long a peer that is asked for a sign of life may take when its link is in doubt, in
    /// nanoseconds: four times the round trip of a bad mobile network.
    package static let probeDeadline: UInt64 = 2_000_000_000
    /// How long after a ping another probe sends none, in nanoseconds: a fifth of `pingsPerSecond`.
    package static let probeSpacing: UInt64 = 50_000_000
    /// Pings answered in one second; a session needs one in five (SAFETY 2.7 case 105).
    package static let pingsPerSecond = 100
    /// Items one frame may list: what one frame costs in memory stays a few MiB.
    package static let itemsInFrame = 16_384
    /// Path bytes one frame may stand for after prefix decompression; a 1 MiB frame of long
    /// shared prefixes would otherwise unpack to gigabytes.
    package static let pathBytesInFrame = 8_388_608
    /// The bytes of one path (TandemTree's own bound; here so that no longer one is assembled).
    package static let path = 65_536
    /// Changes in one batch; four times the largest tree measured (SAFETY I12: 1 M files).
    package static let changesInBatch: UInt32 = 4_194_304
    /// A link's target: Linux PATH_MAX, longer than any other system's.
    package static let linkTarget = 4_096
    /// The largest offset a file can have: off_t is signed.
    package static let fileSize = UInt64(Int64.max)
    /// A whole encoded rule set, summed over its chunks.
    package static let ruleSet = 4_194_304
    /// One chunk of a rule set.
    package static let ruleChunk = 262_144
    /// Free text for people: client and receiver names.
    package static let nameText = 256
    /// Free text for people: the sentence of a Failure.
    package static let messageText = 4_096
    /// The opaque name of a shelf item.
    package static let shelfItemName = 128
    /// Content credit that may stand open; far above any bandwidth-delay product.
    package static let credit: UInt64 = 1_073_741_824
    /// Requests that may wait for an answer at once.
    package static let openRequests = 16_384
    /// A packer ends its frame beyond this size, so that frames stay pieces of a stream.
    package static let packedFrame = 262_144
    /// A pack is kept compressed if it saves at least one part in this many (5 %).
    package static let compressionGain = 20
}
