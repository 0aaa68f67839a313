import TandemDaemon
import TandemTree

/// The receiver's program as it is copied to a vm.
package struct ReceiverBinary: Sendable {
    /// What `uname -m` calls the machine it runs on.
    package let machine: String
    /// Whether it needs no library of the machine it runs on.
    package let isStatic: Bool
    package let bytes: [UInt8]
    /// The SHA-256, in hexadecimal digits.
    package let digest: String

    /// Much more than a receiver with its debugging symbols (about 150 MB).
    private static let longest = 1 << 30
    static let name = "tandem-receiver"

    /// Finds and reads the receiver.
    ///
    /// - Parameters:
    ///   - given: the file the user named; nil looks beside this program.
    ///   - program: this program's own file.
    /// - Returns: the program.
    /// - Throws: `CommandError` that says how to get one.
    package static func load(
        _ given: String?,
        beside program: String
    ) throws -> ReceiverBinary {
        if let given { return try read(given) }
        let places = candidates(beside: program)
        for place in places where LocalPath.isReadable(place) {
            let binary = try read(place)
            // What a build for this machine left there would not start on another.
            if binary.isStatic { return binary }
        }
        throw CommandError(
            .configuration,
            "there is no static receiver to copy to the vm",
            at: "looked for \(places.joined(separator: ", "))",
            next: "build it with `make receiver-static`, then add "
                + "--receiver-binary dist/tandem-receiver"
        )
    }

    private static func read(_ path: String) throws -> ReceiverBinary {
        guard let bytes = try AtomicFile.read(path, limit: longest) else {
            throw CommandError(
                .usage,
                "there is no receiver \(path)",
                next: "`make receiver-static` makes dist/tandem-receiver"
            )
        }
        guard let binary = ReceiverBinary(bytes) else {
            throw CommandError(
                .usage,
                "\(path) is not a Linux program for x86_64 or aarch64",
                next: "`make receiver-static` makes dist/tandem-receiver"
            )
        }
        return binary
    }

    /// Beside the program first, then where packages put what only programs run.
    static func candidates(beside program: String) -> [String] {
        let folder = program.split(separator: "/").dropLast()
        let up = folder.dropLast()
        return [
            "/" + (folder + [Substring(name)]).joined(separator: "/"),
            "/" + (up + ["libexec", "tandem", Substring(name)]).joined(separator: "/"),
        ]
    }

    /// Reads the header of an ELF file (elf(5)); nil for anything else.
    package init?(_ bytes: [UInt8]) {
        guard let header = ELFHeader(bytes), let machine = header.machineName else { return nil }
        self.machine = machine
        isStatic = !header.hasInterpreter
        self.bytes = bytes
        digest = ContentHasher.digest(of: bytes).hex
    }
}

/// What is read of a 64-bit little-endian ELF file.
struct ELFHeader {
    /// PT_INTERP: the file names a dynamic linker.
    private static let interpreterSegment: UInt64 = 3
    /// More program headers than any linker writes.
    private static let mostSegments: UInt64 = 1024

    private let machine: UInt64
    let hasInterpreter: Bool

    init?(_ bytes: [UInt8]) {
        // Magic, ELFCLASS64, ELFDATA2LSB.
        guard bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46, 2, 1]),
            let machine = Self.number(bytes, at: 18, size: 2),
            let table = Self.number(bytes, at: 32, size: 8),
            let size = Self.number(bytes, at: 54, size: 2),
            let count = Self.number(bytes, at: 56, size: 2),
            count <= Self.mostSegments
        else { return nil }
        self.machine = machine
        var found = false
        for index in 0..<count {
            let (end, overflow) = table.addingReportingOverflow((index + 1) * size)
            guard !overflow, end <= bytes.count, let offset = Int(exactly: end - size),
                let kind = Self.number(bytes, at: offset, size: 4)
            else { return nil }
            if kind == Self.interpreterSegment { found = true }
        }
        hasInterpreter = found
    }

    /// The machine as `uname -m` has it; nil for one the receiver is not built for.
    var machineName: String? {
        switch machine {
        case 62: "x86_64"  // EM_X86_64
        case 183: "aarch64"  // EM_AARCH64
        default: nil
        }
    }

    private static func number(_ bytes: [UInt8], at offset: Int, size: Int) -> UInt64? {
        guard offset >= 0, offset <= bytes.count - size else { return nil }
        return bytes[offset..<offset + size].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
