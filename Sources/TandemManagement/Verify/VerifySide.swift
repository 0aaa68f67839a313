/// The machine a fact is about.
package enum VerifySide: String, Hashable, Sendable, CaseIterable, Codable {
    case laptop
    case vm

    /// The other one.
    package var other: VerifySide { self == .laptop ? .vm : .laptop }
}

/// What a question to a machine brought: an answer, or why there is none, and how it was asked.
package struct Finding<Value: Sendable>: Sendable {
    /// The answer; nil where it could not be had.
    package var value: Value?
    /// Why there is no answer.
    package var reason: String
    /// How it was asked, so that a person can ask again.
    package var method: String

    /// An answer.
    package static func found(_ value: Value, by method: String) -> Finding {
        Finding(value: value, reason: "", method: method)
    }

    /// No answer.
    package static func unknown(_ reason: String, by method: String) -> Finding {
        Finding(value: nil, reason: reason, method: method)
    }
}

extension Finding: Equatable where Value: Equatable {}
