import CFuzzer
import Glibc

/// Runs one target: `fuzz-decoders TARGET [libFuzzer options] [corpus folders]`.
@main
struct Main {
    static func main() {
        var arguments = CommandLine.arguments
        guard FuzzTarget.chosen != nil else {
            print("usage: fuzz-decoders TARGET [options] [corpus]; targets:")
            for target in FuzzTarget.allCases { print("  \(target.rawValue)") }
            return
        }
        arguments.remove(at: 1)
        run(arguments)
    }

    private static func run(_ arguments: [String]) {
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        var count = Int32(arguments.count)
        pointers.withUnsafeMutableBufferPointer { buffer in
            var base = buffer.baseAddress
            _ = LLVMFuzzerRunDriver(&count, &base) { bytes, size in
                FuzzTarget.chosen?.run(Array(UnsafeRawBufferPointer(start: bytes, count: size)))
                return 0
            }
        }
    }
}
