/// Settings as the daemon keeps them in a file: one JSON object, of numbers only.
///
///     {"schema":1,"every":3600,"keep":{"last":0,"hourly":24,"daily":7,"weekly":4,"monthly":0}}
///
/// `every` and `keep` may be missing, nothing else may, and nothing else may be there: what a later
/// version wrote is not half understood.
package enum SettingsText {
    /// The longest such file, in bytes; what is written here is a twentieth of it.
    package static let longest = 4096
    private static let schema: UInt64 = 1
    private static let words = ["last", "hourly", "daily", "weekly", "monthly"]

    /// The bytes of the file, with a line feed at their end.
    package static func encode(_ settings: SnapshotSettings) -> [UInt8] {
        var fields = ["\"schema\":\(schema)"]
        if let every = settings.every { fields.append("\"every\":\(every)") }
        if let keep = settings.keep {
            let counts = zip(words, keep.counts).map { "\"\($0)\":\($1)" }
            fields.append("\"keep\":{\(counts.joined(separator: ","))}")
        }
        return Array("{\(fields.joined(separator: ","))}\n".utf8)
    }

    /// Reads the bytes of a file.
    ///
    /// - Throws: `SettingsDamage` for anything but whole settings.
    package static func decode(_ bytes: [UInt8]) throws(SettingsDamage) -> SnapshotSettings {
        guard bytes.count <= longest else {
            throw SettingsDamage("it is longer than \(longest) bytes")
        }
        var reader = NumberJSON(bytes)
        var fields = try reader.document()
        guard try number(fields.removeValue(forKey: "schema")) == schema else {
            throw SettingsDamage("its schema is not \(schema)")
        }
        var settings = SnapshotSettings()
        if let every = fields.removeValue(forKey: "every") {
            settings.every = UInt32(exactly: try number(every)) ?? 0
        }
        if let keep = fields.removeValue(forKey: "keep") { settings.keep = try policy(keep) }
        guard fields.isEmpty else { throw SettingsDamage("it has a key that is not known") }
        guard settings.isValid else { throw SettingsDamage("a number is out of its range") }
        return settings
    }

    private static func policy(_ value: NumberJSON.Value) throws(SettingsDamage) -> RetentionPolicy
    {
        guard case .object(var fields) = value else {
            throw SettingsDamage("a number stands where an object belongs")
        }
        var counts: [Int] = []
        for word in words {
            counts.append(Int(exactly: try number(fields.removeValue(forKey: word))) ?? -1)
        }
        guard fields.isEmpty else { throw SettingsDamage("it has a key that is not known") }
        return RetentionPolicy(
            last: counts[0],
            hourly: counts[1],
            daily: counts[2],
            weekly: counts[3],
            monthly: counts[4]
        )
    }

    private static func number(_ value: NumberJSON.Value?) throws(SettingsDamage) -> UInt64 {
        guard let value else { throw SettingsDamage("a key is missing") }
        guard case .number(let number) = value else {
            throw SettingsDamage("an object stands where a number belongs")
        }
        return number
    }
}
