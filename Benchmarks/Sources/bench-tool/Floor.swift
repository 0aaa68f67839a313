import CBench
import CCrypto
import Foundation

/// What the disk and the hash cost at the least: read, SHA-256, write, one flush; no network.
enum Floor {
    private static let bufferSize = 1 << 18

    static func copy(from source: String, to destination: String) throws {
        var buffer = [UInt8](repeating: 0, count: bufferSize)
        let manager = FileManager.default
        try manager.createDirectory(atPath: destination, withIntermediateDirectories: true)
        guard let paths = manager.enumerator(atPath: source),
            let algorithm = EVP_MD_fetch(nil, "SHA256", nil), let hash = EVP_MD_CTX_new()
        else { throw CocoaError(.fileReadUnknown) }
        defer {
            EVP_MD_CTX_free(hash)
            EVP_MD_free(algorithm)
        }
        for case let path as String in paths {
            let target = destination + "/" + path
            if paths.fileAttributes?[.type] as? FileAttributeType == .typeDirectory {
                try manager.createDirectory(atPath: target, withIntermediateDirectories: true)
                continue
            }
            EVP_DigestInit_ex2(hash, algorithm, nil)
            let (input, output) = (bench_open(source + "/" + path), bench_create(target))
            guard input >= 0, output >= 0 else { throw CocoaError(.fileWriteUnknown) }
            var count = read(input, &buffer, bufferSize)
            while count > 0 {
                EVP_DigestUpdate(hash, buffer, count)
                guard write(output, buffer, count) == count else {
                    throw CocoaError(.fileWriteUnknown)
                }
                count = read(input, &buffer, bufferSize)
            }
            var digest = [UInt8](repeating: 0, count: 32)
            EVP_DigestFinal_ex(hash, &digest, nil)
            close(input)
            close(output)
        }
        guard bench_sync(destination) == 0 else { throw CocoaError(.fileWriteUnknown) }
    }
}
