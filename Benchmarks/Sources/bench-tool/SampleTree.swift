import CBench
import Foundation

/// A tree that is the same in every run: the sizes of a source checkout, content that half compresses.
enum SampleTree {
    private static let filesInDirectory = 50
    private static let seed: UInt64 = 97

    /// Writes so many files.
    ///
    /// - Parameters:
    ///   - directory: the root, made when it is missing.
    ///   - files: how many.
    ///   - largest: bytes that bound the sizes; a few are larger.
    /// - Throws: what the disk says.
    static func write(to directory: String, files: Int, largest: UInt64 = 64 * 1024) throws {
        var random = Generator(state: seed)
        let root = URL(fileURLWithPath: directory)
        for number in 0..<files {
            let leaf = number / filesInDirectory
            let folder = root.appendingPathComponent("d\(leaf / 40)/e\(leaf % 40)")
            if number % filesInDirectory == 0 {
                try FileManager.default.createDirectory(
                    at: folder,
                    withIntermediateDirectories: true
                )
            }
            let content = content(of: number, largest, &random)
            try write(content, to: folder.appendingPathComponent("file-\(number).txt").path)
        }
    }

    /// Foundation would flush each file to the disk.
    static func write(_ content: Data, to path: String) throws {
        let status = content.withUnsafeBytes { bench_write(path, $0.baseAddress, $0.count) }
        guard status == 0 else { throw CocoaError(.fileWriteUnknown) }
    }

    /// Small files are common, large ones rare; the mean is about 11 KiB.
    private static func content(
        of number: Int,
        _ largest: UInt64,
        _ random: inout Generator
    ) -> Data {
        let spread = random.next() % 64
        let size = Int(
            random.next()
                % (spread == 0 ? largest * 4 : spread < 16 ? largest / 2 : min(largest, 8192))
        )
        var bytes = Data(capacity: size + 16)
        bytes.append(contentsOf: "file \(number)\n".utf8)
        while bytes.count < size {
            withUnsafeBytes(of: random.next()) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: "the same".utf8)
        }
        return bytes.prefix(max(size, 8))
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Generator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
