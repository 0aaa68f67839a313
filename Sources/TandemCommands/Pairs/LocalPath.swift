import Glibc
import TandemSystem

/// The laptop's own paths, as far as the command line works with them.
package enum LocalPath {
    /// Makes a path absolute, without `.`, `..` and double slashes; touches nothing.
    package static func absolute(
        _ path: String,
        from directory: String,
        home: String?
    ) -> String {
        var path = path
        if let home, path == "~" || path.hasPrefix("~/") { path = home + path.dropFirst() }
        if !path.hasPrefix("/") { path = "\(directory)/\(path)" }
        var names: [Substring] = []
        for name in path.split(separator: "/") where name != "." {
            if name == ".." { _ = names.popLast() } else { names.append(name) }
        }
        return "/" + names.joined(separator: "/")
    }

    /// The path with every symbolic link followed; where the end is missing, as far as it goes.
    package static func resolved(_ path: String) -> String {
        if let found = unsafe realpath(path, nil) {
            defer { unsafe free(found) }
            return unsafe String(cString: found)
        }
        guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return path }
        return resolved(String(path[..<slash])) + path[slash...]
    }

    /// Whether `path` is `directory` or lies in it; both resolved.
    package static func isInside(_ path: String, _ directory: String) -> Bool {
        path == directory || directory == "/"
            || path.hasPrefix(directory.hasSuffix("/") ? directory : "\(directory)/")
    }

    /// Makes sure that a directory is there.
    ///
    /// - Throws: `CommandError` that says what is there instead.
    package static func requireDirectory(_ path: String) throws(CommandError) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            let error = SystemError("look at", path)
            let code: ExitCode = error.errno == EACCES ? .permission : .usage
            throw CommandError(code, error.description, next: "name a directory on this laptop")
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw CommandError(.usage, "\(path) is not a directory")
        }
    }

    /// Takes a state directory away that holds nothing but the lock it was made with.
    package static func removeUnused(_ stateDirectory: String, lock: String) {
        guard unsafe unlink("\(stateDirectory)/\(lock)") == 0 else { return }
        unsafe rmdir(stateDirectory)
    }

    /// Takes a file of this program away; whether it was there.
    @discardableResult
    package static func remove(_ path: String) -> Bool {
        unsafe unlink(path) == 0
    }

    /// Whether something stands at a path.
    package static func exists(_ path: String) -> Bool {
        unsafe access(path, F_OK) == 0
    }

    /// The permission bits of a file; none where there is no such file.
    package static func mode(of path: String) -> UInt32 {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return 0 }
        return UInt32(status.st_mode & 0o7777)
    }

    /// Whether a symbolic link stands at a path.
    package static func isLink(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }

    /// Whether this process may read a file.
    package static func isReadable(_ path: String) -> Bool {
        unsafe access(path, R_OK) == 0
    }
}
