/// The containers a manager may touch: nothing else can be named in a call to Podman.
///
/// Only a list makes members, and only a member can be put into a `PodmanCall`. So a call about
/// another container does not compile, and a name from outside has to be looked up here first.
package struct WatchList: Hashable, Sendable {
    /// One container of the list.
    package struct Member: Hashable, Sendable, CustomStringConvertible {
        /// The container's name, such as `tandem-receiver`.
        package let name: String

        fileprivate init(_ name: String) { self.name = name }

        /// The one image repository this container may run.
        package var repository: String { "localhost/\(name)" }
        /// The image the container's unit starts.
        package var image: String { "\(repository):latest" }

        package var description: String { name }
    }

    package let members: [Member]

    /// The longest name Podman is given.
    private static let longestName = 64
    /// What the components' names begin with; may be left out when a person names one.
    private static let prefix = "tandem-"

    /// Makes a list.
    ///
    /// - Parameter names: containers, in the order in which they are shown.
    /// - Throws: `WatchListError`
    package init(_ names: [String]) throws(WatchListError) {
        var members: [Member] = []
        for name in names {
            guard Self.isName(name) else { throw .notAName(name) }
            guard !members.contains(where: { $0.name == name }) else { throw .twice(name) }
            members.append(Member(name))
        }
        guard !members.isEmpty else { throw .empty }
        self.members = members
    }

    /// The member that a person means: `receiver` is `tandem-receiver`.
    package func member(_ name: String) -> Member? {
        members.first { $0.name == name } ?? members.first { $0.name == Self.prefix + name }
    }

    /// Letters, digits and `_.-`, the first a letter or digit: Podman's own rule, in ASCII.
    private static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, isAlphanumeric(first), name.utf8.count <= longestName
        else { return false }
        return name.utf8.allSatisfy { isAlphanumeric($0) || "_.-".utf8.contains($0) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}

/// Why names are no list of containers.
package enum WatchListError: Error, Hashable, Sendable, CustomStringConvertible {
    case empty
    case notAName(String)
    case twice(String)

    package var description: String {
        switch self {
        case .empty: "no container is named"
        case .notAName(let name): "'\(name)' is no container's name"
        case .twice(let name): "\(name) is named twice"
        }
    }
}
