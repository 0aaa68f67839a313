/// Which bytes of a content have arrived, as sorted ranges that do not touch.
struct Coverage {
    private var ranges: [Range<UInt64>] = []

    /// More separate ranges than any honest order of stripes makes; bounds what a peer can cost.
    private static let maximumRanges = 4096

    /// How many leading bytes are there without a gap.
    var prefix: UInt64 {
        guard let first = ranges.first, first.lowerBound == 0 else { return 0 }
        return first.upperBound
    }

    /// Adds a range; false when there are too many gaps.
    mutating func insert(_ range: Range<UInt64>) -> Bool {
        guard !range.isEmpty else { return true }
        if let last = ranges.last, last.upperBound == range.lowerBound {
            ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
            return true
        }
        // The first range that ends at or after the new one's start, by halving.
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < range.lowerBound {
                low = middle + 1
            } else {
                high = middle
            }
        }
        var joined = range
        var end = low
        while end < ranges.count, ranges[end].lowerBound <= joined.upperBound {
            joined =
                min(
                    joined.lowerBound,
                    ranges[end].lowerBound
                )..<max(
                    joined.upperBound,
                    ranges[end].upperBound
                )
            end += 1
        }
        ranges.replaceSubrange(low..<end, with: CollectionOfOne(joined))
        return ranges.count <= Self.maximumRanges
    }
}
