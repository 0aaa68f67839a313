/// What the daemon goes by, in requests and answers.
extension FlatWriter {
    mutating func put(_ policy: RetentionPolicy) {
        for count in policy.counts { put(UInt32(clamping: count)) }
    }

    mutating func put(_ settings: SnapshotSettings) {
        put(settings.every != nil)
        if let every = settings.every { put(every) }
        put(settings.keep != nil)
        if let keep = settings.keep { put(keep) }
    }

    mutating func put(_ report: SettingsReport) {
        put(report.arguments.take)
        put(report.arguments.prune)
        put(report.arguments.keep)
        put(report.told)
        put(report.damage ?? "")
    }
}

extension FlatReader {
    mutating func policy() throws(FlatDamage) -> RetentionPolicy {
        RetentionPolicy(
            last: Int(try u32()),
            hourly: Int(try u32()),
            daily: Int(try u32()),
            weekly: Int(try u32()),
            monthly: Int(try u32())
        )
    }

    mutating func settings() throws(FlatDamage) -> SnapshotSettings {
        var settings = SnapshotSettings()
        if try flag() { settings.every = try u32() }
        if try flag() { settings.keep = try policy() }
        guard settings.isValid else { throw FlatDamage() }
        return settings
    }

    mutating func settingsReport() throws(FlatDamage) -> SettingsReport {
        let arguments = SnapshotArguments(
            take: try u64(),
            prune: try u64(),
            keep: try policy()
        )
        let told = try settings()
        let damage = try text(atMost: SnapshotWire.longestText)
        return SettingsReport(
            arguments: arguments,
            told: told,
            damage: damage.isEmpty ? nil : damage
        )
    }
}
