import Glibc

/// The user this process runs as, by the system's records, as ssh itself looks it up.
struct LocalUser: Hashable, Sendable {
    var name: String
    var home: String
    var uid: UInt32

    init(name: String, home: String, uid: UInt32) {
        self.name = name
        self.home = home
        self.uid = uid
    }

    static func current() -> LocalUser {
        let uid = getuid()
        var record = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16 * 1024)
        getpwuid_r(uid, &record, &buffer, buffer.count, &found)
        let text = { (pointer: UnsafeMutablePointer<CChar>?) in
            pointer.map { String(cString: $0) } ?? ""
        }
        guard found != nil else {
            let home = getenv("HOME").map { String(cString: $0) } ?? "/"
            return LocalUser(name: String(uid), home: home, uid: uid)
        }
        return LocalUser(name: text(record.pw_name), home: text(record.pw_dir), uid: uid)
    }
}
