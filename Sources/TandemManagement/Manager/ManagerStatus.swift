/// What the manager answers about itself and its components; the laptop reads the same.
package struct ManagerStatus: Hashable, Sendable, Codable {
    package struct Component: Hashable, Sendable, Codable {
        package var name: String
        /// One word: healthy, unhealthy, starting, running, absent, ended.
        package var state: String
        package var isFine: Bool
        /// What the manager does about it; empty where there is nothing to do.
        package var note: String
        package var image: String?
        package var previous: String?
        package var unit: String?
        package var restarts: Int
        package var isRolling: Bool
        package var last: RolloutBook.Outcome?

        package init(_ member: WatchList.Member, in core: ManagerCore) {
            let seen = core.seen(member)
            name = member.name
            state = seen?.word ?? "unknown"
            isFine = seen?.isFine ?? false
            note = core.words(member)
            image = seen?.image?.description
            previous = core.book[member].previous?.description
            unit = seen?.unit
            restarts = seen?.restarts ?? 0
            isRolling = core.rolling == member
            last = core.book[member].last
        }
    }

    package var schema = 1
    package var version: String
    /// What Podman's service said when it last failed; nil while it answers.
    package var trouble: String?
    package var components: [Component]

    package init(version: String, trouble: String?, core: ManagerCore) {
        self.version = version
        self.trouble = trouble
        components = core.list.members.map { Component($0, in: core) }
    }

    /// Whether all is as it should be.
    package var isFine: Bool { trouble == nil && components.allSatisfy(\.isFine) }
}

/// Why the manager did not do what it was asked.
package struct ManagerProblem: Hashable, Sendable, Codable {
    package var error: String

    package init(error: String) {
        self.error = error
    }
}
