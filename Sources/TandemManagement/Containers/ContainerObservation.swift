/// What Podman says of one container at one moment.
package struct ContainerObservation: Hashable, Sendable {
    package enum State: Hashable, Sendable {
        /// There is no container of that name: its unit is between two, or does not start it.
        case absent
        case running
        /// It ended; `byRequest` where somebody stopped it.
        case ended(code: Int, byRequest: Bool)
        /// Created, paused, stopping and the like.
        case other(String)
    }

    package enum Health: String, Hashable, Sendable {
        /// The container has no health check.
        case none
        case starting
        case healthy
        case unhealthy
    }

    package var state: State
    package var health = Health.none
    /// Changes with every start of a container.
    package var start = ""
    package var image: ImageID?
    /// The systemd unit that starts it again when it ends; nil where there is none.
    package var unit: String?
    package var restarts = 0
    /// Changes with every health check that was made.
    package var healthStamp = ""

    package init(_ state: State) {
        self.state = state
    }

    /// Runs, and what checks it is content.
    package var isFine: Bool { state == .running && (health == .healthy || health == .none) }

    /// One word for people.
    package var word: String {
        switch state {
        case .absent: "absent"
        case .running: health == .none ? "running" : health.rawValue
        case .ended(let code, _): "ended (\(code))"
        case .other(let word): word
        }
    }
}
