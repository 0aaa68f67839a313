/// Replaces what is inside comments and string literals with spaces, keeping every line break.
enum Blanking {
    static func blank(_ text: String) -> [UInt8] {
        var scanner = Scanner(bytes: Array(text.utf8))
        scanner.code(insideInterpolation: false)
        return scanner.bytes
    }

    /// Walks over the bytes once and blanks them in place.
    private struct Scanner {
        var bytes: [UInt8]
        var index = 0

        /// Passes over code; inside an interpolation, up to the parenthesis that ends it.
        mutating func code(insideInterpolation: Bool) {
            var depth = 0
            while index < bytes.count {
                switch bytes[index] {
                case UInt8(ascii: "/") where starts("//"):
                    while index < bytes.count && bytes[index] != UInt8(ascii: "\n") { space() }
                    continue
                case UInt8(ascii: "/") where starts("/*"):
                    blockComment()
                    continue
                case UInt8(ascii: "\""), UInt8(ascii: "#"):
                    if let literal = literalOpening() {
                        string(literal)
                        continue
                    }
                case UInt8(ascii: "("): depth += 1
                case UInt8(ascii: ")"): depth -= 1
                default: break
                }
                index += 1
                if insideInterpolation && depth == 0 { return }
            }
        }

        private struct Literal {
            var opening: String
            var closing: String
            var escape: String

            init(hashes: Int, multiline: Bool) {
                let hash = String(repeating: "#", count: hashes)
                let quote = multiline ? "\"\"\"" : "\""
                opening = hash + quote
                closing = quote + hash
                escape = "\\" + hash
            }
        }

        private func literalOpening() -> Literal? {
            let hashes = bytes[index...].prefix { $0 == UInt8(ascii: "#") }.count
            let after = bytes[(index + hashes)...]
            guard after.first == UInt8(ascii: "\"") else { return nil }
            return Literal(hashes: hashes, multiline: after.starts(with: "\"\"\"".utf8))
        }

        private mutating func string(_ literal: Literal) {
            space(literal.opening.utf8.count)
            while index < bytes.count {
                if starts(literal.closing) { return space(literal.closing.utf8.count) }
                guard starts(literal.escape) else {
                    space()
                    continue
                }
                space(literal.escape.utf8.count)
                if starts("(") { code(insideInterpolation: true) } else { space() }
            }
        }

        private mutating func blockComment() {
            var depth = 0
            while index < bytes.count {
                if starts("/*") {
                    depth += 1
                    space(2)
                } else if starts("*/") {
                    depth -= 1
                    space(2)
                    if depth == 0 { return }
                } else {
                    space()
                }
            }
        }

        private func starts(_ text: String) -> Bool { bytes[index...].starts(with: text.utf8) }

        private mutating func space(_ count: Int = 1) {
            for _ in 0..<min(count, bytes.count - index) {
                if bytes[index] != UInt8(ascii: "\n") { bytes[index] = UInt8(ascii: " ") }
                index += 1
            }
        }
    }
}
