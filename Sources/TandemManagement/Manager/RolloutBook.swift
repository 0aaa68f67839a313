/// Which images the components ran and run: what the manager has to know after a restart.
package struct RolloutBook: Hashable, Sendable, Codable {
    /// A change of image that is under way.
    package struct Pending: Hashable, Sendable, Codable {
        package var from: ImageID
        package var to: ImageID
        /// Why it goes back to `from`; nil on the way to `to`.
        package var returning: String?

        package init(from: ImageID, to: ImageID, returning: String? = nil) {
            self.from = from
            self.to = to
            self.returning = returning
        }

        /// The image the container should run now.
        var target: ImageID { returning == nil ? to : from }
    }

    /// How the last change of image ended.
    package struct Outcome: Hashable, Sendable, Codable {
        package enum Word: String, Hashable, Sendable, Codable {
            /// The new image runs and is healthy.
            case done
            /// The new image did not become healthy, and the old one runs again.
            case rolledBack = "rolled-back"
            /// Neither became healthy.
            case failed
        }

        package var word: Word
        package var from: ImageID
        package var to: ImageID
        /// Why the new image was not kept; empty where it was.
        package var reason: String

        package init(_ word: Word, from: ImageID, to: ImageID, reason: String = "") {
            self.word = word
            self.from = from
            self.to = to
            self.reason = reason
        }
    }

    /// What is known of one component.
    package struct Entry: Hashable, Sendable, Codable {
        /// The image before the one that runs, for `rollback`.
        package var previous: ImageID?
        package var pending: Pending?
        package var last: Outcome?

        package init() {}
    }

    package var version = 1
    package var components: [String: Entry] = [:]

    package init() {}

    package subscript(member: WatchList.Member) -> Entry {
        get { components[member.name] ?? Entry() }
        set { components[member.name] = newValue }
    }
}
