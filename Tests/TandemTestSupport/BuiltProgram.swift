import Foundation

/// The project's own programs, as the build left them beside the tests.
package enum BuiltProgram {
    /// The path of a program.
    ///
    /// - Parameter name: `tandem` or `tandem-receiver`.
    /// - Returns: the program in the directory of the running tests, or in one above it.
    /// - Throws: `CommandFailure` when it was not built.
    package static func path(_ name: String) throws -> String {
        var folder = URL(fileURLWithPath: ProcessInfo.processInfo.arguments[0])
            .resolvingSymlinksInPath().deletingLastPathComponent()
        while folder.path != "/" {
            let candidate = folder.appendingPathComponent(name)
            var isDirectory: ObjCBool = false
            if FileManager.default.fileExists(atPath: candidate.path, isDirectory: &isDirectory),
                !isDirectory.boolValue
            {
                return candidate.path
            }
            folder.deleteLastPathComponent()
        }
        throw CommandFailure("\(name) was not built beside the tests")
    }
}
