import TandemTree

extension VMHost {
    /// Says how the machine is, for any POSIX `sh` on Linux.
    package static let script = #"""
        say() { printf '%s=%s\n' "$1" "$2"; }
        pressure() { sed -n 's/^some .*avg60=\([0-9.]*\) .*/\1/p' "/proc/pressure/$1" 2>/dev/null; }
        memory() { sed -n "s/^$1: *\([0-9]*\) kB\$/\1/p" /proc/meminfo; }
        printf '\n%s\n' 'tandem-host 1'
        say boot "$(cat /proc/sys/kernel/random/boot_id)"
        say uptime "$(sed 's/[. ].*//' /proc/uptime)"
        say memory "$(memory MemTotal)"
        say available "$(memory MemAvailable)"
        say waits "$(pressure memory)"
        say waitsdisk "$(pressure io)"
        sizes='2s/^\([^ ]*\)  *\([0-9][0-9]*\)  *[0-9][0-9]*  *\([0-9][0-9]*\) .*$/\2 \3 \1/p'
        for place in / "$HOME"; do
            say disk "$(df -Pk "$place" | sed -n "$sizes") $place"
        done
        printf '%s\n' 'tandem-host end'
        """#

    private static let first = "tandem-host 1"
    private static let last = "tandem-host end"

    /// Reads what the script printed; nil for anything else.
    package init?(parsing output: [UInt8]) {
        let lines = output.split(separator: UInt8(ascii: "\n"))
            .map { String(decoding: $0, as: UTF8.self) }
        guard let start = lines.firstIndex(of: Self.first),
            let end = lines[start...].firstIndex(of: Self.last)
        else { return nil }
        var fields: [String: String] = [:]
        var disks: [Disk] = []
        var devices: Set<String> = []
        for line in lines[(start + 1)..<end] {
            guard let equals = line.firstIndex(of: "=") else { return nil }
            let value = String(line[line.index(after: equals)...])
            guard line[..<equals] == "disk" else {
                fields[String(line[..<equals])] = value
                continue
            }
            guard let (device, disk) = Self.disk(value) else { return nil }
            if devices.insert(device).inserted { disks.append(disk) }
        }
        guard let boot = fields["boot"], !boot.isEmpty,
            let uptime = fields["uptime"].flatMap({ UInt64($0) }),
            let memory = fields["memory"].flatMap(Self.kibibytes),
            let available = fields["available"].flatMap(Self.kibibytes)
        else { return nil }
        bootID = escaped(boot.utf8)
        uptimeSeconds = uptime
        memoryBytes = memory
        availableBytes = available
        self.disks = disks
        memoryPressure = fields["waits"].flatMap(Self.hundredths)
        diskPressure = fields["waitsdisk"].flatMap(Self.hundredths)
    }

    /// Size, free space, device and place.
    private static func disk(_ text: String) -> (device: String, Disk)? {
        let parts = text.split(separator: " ", maxSplits: 3)
        guard parts.count == 4, let all = kibibytes(String(parts[0])),
            let free = kibibytes(String(parts[1]))
        else { return nil }
        let place = escaped(parts[3].utf8)
        return (String(parts[2]), Disk(place: place, bytes: all, freeBytes: free))
    }

    private static func kibibytes(_ text: String) -> UInt64? {
        UInt64(text).flatMap { $0 <= UInt64.max >> 10 ? $0 << 10 : nil }
    }

    /// `12.34` as 1234.
    private static func hundredths(_ text: String) -> UInt64? {
        let parts = text.split(separator: ".")
        guard parts.count == 2, parts[1].utf8.count == 2, let whole = UInt64(parts[0]),
            let rest = UInt64(parts[1]), whole <= 100
        else { return nil }
        return whole * 100 + rest
    }
}
