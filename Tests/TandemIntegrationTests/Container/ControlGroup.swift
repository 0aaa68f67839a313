import Foundation
import TandemTestSupport

/// The limits that the kernel keeps for a process, in the second hierarchy or in the first.
struct ControlGroup {
    /// Directories by controller; under "" the one of the second hierarchy.
    private let places: [String: String]

    /// Looks where a process is.
    ///
    /// - Parameter process: its id, as this machine counts.
    /// - Throws: when it is gone.
    init(of process: String) throws {
        let text = try String(contentsOfFile: "/proc/\(process)/cgroup", encoding: .utf8)
        var places: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            for controller in fields[1].split(separator: ",", omittingEmptySubsequences: false) {
                let top = controller.isEmpty ? "" : "/\(controller)"
                places[String(controller)] = "/sys/fs/cgroup\(top)\(fields[2])"
            }
        }
        self.places = places
    }

    /// The most memory, in bytes.
    func memory() throws -> String {
        try read("memory", "memory.limit_in_bytes", "memory.max")
    }

    /// The most processes.
    func processes() throws -> String { try read("pids", "pids.max", "pids.max") }

    /// The most processor time: microseconds in each period of microseconds.
    func processor() throws -> String {
        guard places["cpu"] != nil else { return try read("cpu", "", "cpu.max") }
        let quota = try read("cpu", "cpu.cfs_quota_us", "")
        return "\(quota) \(try read("cpu", "cpu.cfs_period_us", ""))"
    }

    private func read(_ controller: String, _ first: String, _ second: String) throws -> String {
        let path: String
        if let place = places[controller] {
            path = "\(place)/\(first)"
        } else if let place = places[""] {
            path = "\(place)/\(second)"
        } else {
            throw CommandFailure("the process is in no control group of \(controller)")
        }
        return try String(contentsOfFile: path, encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
