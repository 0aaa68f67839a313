import TandemTree

/// Whether a name met on disk may stand in the tree.
enum ScanName {
    enum Verdict {
        case fine
        /// Tandem's own directory, or the laptop's own settings.
        case own
        case problem(Problem)
    }

    private static let ownNames: [StaticString] = [".tandem", "tandem.local.yml"]

    /// Checks a name in a directory whose path has `pathLength` bytes.
    static func check(_ name: UnsafeRawBufferPointer, below pathLength: Int) -> Verdict {
        guard pathLength + 1 + name.count <= RelativePath.longestPath else {
            return .problem(.pathTooLong)
        }
        // Only names that begin like a reserved one are worth the full comparison: a dot, a t, or
        // a character outside ASCII that may be ignorable or fold to one.
        guard let first = name.first,
            first == UInt8(ascii: ".") || first >= 0x80 || first | 0x20 == UInt8(ascii: "t")
        else { return .fine }
        do throws(PathError) {
            try RelativePath.checkName(name)
            return .fine
        } catch {
            if ownNames.contains(where: { name.elementsEqual(bytes(of: $0)) }) { return .own }
            return .problem(error == .reserved ? .reservedName : .unrepresentableName)
        }
    }

    private static func bytes(of name: StaticString) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
    }
}
