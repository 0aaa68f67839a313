/// How long superseded values are kept (DESIGN.md, "The shelf"); live ones always are.
package struct ShelfRetention: Sendable {
    /// Of each path this many are kept whatever their age.
    package var newest = 10
    /// Beyond these, one for each hour of the last day and one for each day of the last 30.
    package var hourlySpan: Int64 = 24 * Self.hour
    package var dailySpan: Int64 = 30 * Self.day
    /// The shelf takes at most this share of the disk, or so many bytes if that is less.
    package var diskPercent: UInt64 = 10
    package var mostBytes: UInt64 = 5_000_000_000

    static let hour: Int64 = 3_600_000_000_000
    static let day: Int64 = 24 * hour

    package init() {}

    /// Chooses the items to purge.
    ///
    /// - Parameters:
    ///   - items: everything on the shelf, in any order.
    ///   - now: the time, nanoseconds since 1970.
    ///   - diskBytes: the size of the disk.
    /// - Returns: their numbers, ascending.
    package func expired(_ items: [ShelfItem], now: Int64, diskBytes: UInt64) -> [UInt64] {
        let superseded = items.filter { $0.shelfClass == .superseded }
            .sorted { ($0.time, $0.id) > ($1.time, $1.id) }
        var gone = thinned(superseded, now: now)
        let limit = min(diskBytes / 100 * diskPercent, mostBytes)
        let left = items.filter { !gone.contains($0.id) }
        var bytes = Self.bytes(of: left)
        for item in superseded.reversed() where bytes > limit && !gone.contains(item.id) {
            gone.insert(item.id)
            bytes -= min(bytes, item.bytes)
        }
        return gone.sorted()
    }

    /// The items that age thins out; `items` are the newest first.
    private func thinned(_ items: [ShelfItem], now: Int64) -> Set<UInt64> {
        var gone: Set<UInt64> = []
        for (_, versions) in Dictionary(grouping: items, by: \.path) {
            var hours: Set<Int64> = []
            var days: Set<Int64> = []
            for (index, item) in versions.enumerated() {
                let age = now.subtractingReportingOverflow(item.time).partialValue
                let firstOfHour = hours.insert(item.time / Self.hour).inserted
                let firstOfDay = days.insert(item.time / Self.day).inserted
                let isKept =
                    index < newest || (age < hourlySpan && firstOfHour)
                    || (age < dailySpan && firstOfDay)
                if !isKept { gone.insert(item.id) }
            }
        }
        return gone
    }

    /// What items take together; one object counts once.
    static func bytes(of items: [ShelfItem]) -> UInt64 {
        var objects: [[UInt8]: UInt64] = [:]
        for item in items { objects[item.object] = item.bytes }
        return objects.values.reduce(0) { $0.addingReportingOverflow($1).partialValue }
    }
}
