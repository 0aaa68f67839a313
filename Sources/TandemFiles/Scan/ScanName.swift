import TandemTree

/// Whether a name met on disk may stand in the tree.
enum ScanName {
    enum Verdict {
        case fine
        /// Tandem's own directory.
        case own
        case problem(Problem)
    }

    private static let ownName: StaticString = ".tandem"

    /// Checks a name in a directory whose path has `pathLength` bytes.
    static func check(_ name: UnsafeRawBufferPointer, below pathLength: Int) -> Verdict {
        guard pathLength + 1 + name.count <= RelativePath.longestPath else {
            return .problem(.pathTooLong)
        }
        // Only names that begin like a reserved one are worth the full comparison: a dot, or a
        // character outside ASCII that may be ignorable or fold to one.
        guard let first = name.first, first == UInt8(ascii: ".") || first >= 0x80 else {
            return .fine
        }
        do throws(PathError) {
            try RelativePath.checkName(name)
            return .fine
        } catch {
            if name.elementsEqual(UnsafeRawBufferPointer(ownNameBytes)) { return .own }
            return .problem(error == .reserved ? .reservedName : .unrepresentableName)
        }
    }

    private static var ownNameBytes: UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: ownName.utf8Start, count: ownName.utf8CodeUnitCount)
    }
}
