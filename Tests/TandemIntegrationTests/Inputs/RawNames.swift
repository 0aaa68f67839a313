import Glibc
import TandemSystem
import TandemTestSupport

/// Makes entries whose names are bytes that no `String` holds, and paths longer than any call takes.
struct RawDirectory: ~Copyable {
    private let descriptor: OwnedDescriptor

    /// Opens a directory.
    init(_ path: String) throws {
        descriptor = try Self.checked(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), path)
    }

    private init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }

    /// Makes a file that holds its own name.
    func write(_ name: [UInt8]) throws {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
        let file = try Self.checked(openat(descriptor.raw, name.asC, flags, 0o644), "a name")
        guard Glibc.write(file.raw, name, name.count) == name.count else {
            throw CommandFailure("cannot write")
        }
    }

    /// What a file holds; nil where there is none.
    func read(_ name: [UInt8]) throws -> [UInt8]? {
        let file = openat(descriptor.raw, name.asC, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard file >= 0 else { return nil }
        let owned = OwnedDescriptor(file)
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(owned.raw, &bytes, bytes.count)
        guard count >= 0 else { throw CommandFailure("cannot read") }
        return Array(bytes.prefix(count))
    }

    func makeDirectory(_ name: [UInt8]) throws -> RawDirectory {
        guard mkdirat(descriptor.raw, name.asC, 0o755) == 0 else {
            throw CommandFailure("cannot make a directory")
        }
        return try openDirectory(name)
    }

    func openDirectory(_ name: [UInt8]) throws -> RawDirectory {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        let inner = openat(descriptor.raw, name.asC, flags)
        return RawDirectory(try Self.checked(inner, "a directory"))
    }

    /// Makes or opens a chain of directories of one name, and gives the last.
    func chain(_ name: [UInt8], depth: Int, makes: Bool) throws -> RawDirectory {
        var last = makes ? try makeDirectory(name) : try openDirectory(name)
        for _ in 1..<depth {
            let next = makes ? try last.makeDirectory(name) : try last.openDirectory(name)
            last = next
        }
        return last
    }

    private static func checked(_ descriptor: Int32, _ what: String) throws -> OwnedDescriptor {
        guard descriptor >= 0 else {
            throw CommandFailure("cannot open \(what): \(String(cString: strerror(errno)))")
        }
        return OwnedDescriptor(descriptor)
    }
}

extension [UInt8] {
    /// The bytes as a C string.
    fileprivate var asC: [CChar] { map { CChar(bitPattern: $0) } + [0] }
}
