import Glibc

/// What this process was started with.
package enum ProcessEnvironment {
    /// All variables; a value that is not UTF-8 is repaired, and so never leads to a file.
    package static var current: [String: String] {
        var variables: [String: String] = [:]
        var next: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> = environ
        while let entry = next.pointee {
            let text = String(cString: entry)
            if let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")) {
                let value = text[text.utf8.index(after: equals)...]
                variables[String(text[..<equals])] = String(value)
            }
            next += 1
        }
        return variables
    }

    /// The home directory that `HOME` names, where it names one.
    package static var home: String? {
        current["HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
    }
}
