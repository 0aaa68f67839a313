/// What stands in a file after its YAML was read and checked against the table of keys.
struct LocatedValue: Hashable, Sendable {
    enum Content: Hashable, Sendable {
        case text(String)
        case number(Int)
        case flag(Bool)
        case size(UInt64)
        /// Seconds.
        case span(Int)
        case list([LocatedValue])
        case section([String: LocatedValue])
    }

    var content: Content
    var position: Position

    /// This value with another laid over it: sections are joined, all else is replaced.
    ///
    /// Hooks are added to: a person's own do not take the project's away.
    func overlaid(with other: LocatedValue) -> LocatedValue {
        guard case .section(let mine) = content, case .section(let theirs) = other.content else {
            return other
        }
        var joined = mine
        for (name, value) in theirs {
            guard let below = mine[name] else {
                joined[name] = value
                continue
            }
            if name == "hooks" {
                let all = below.elements + value.elements
                joined[name] = LocatedValue(content: .list(all), position: below.position)
            } else {
                joined[name] = below.overlaid(with: value)
            }
        }
        return LocatedValue(content: .section(joined), position: position)
    }

    subscript(_ name: String) -> LocatedValue? {
        if case .section(let values) = content { values[name] } else { nil }
    }

    var text: Placed<String>? {
        if case .text(let value) = content { Placed(value, at: position) } else { nil }
    }

    var flag: Placed<Bool>? {
        if case .flag(let value) = content { Placed(value, at: position) } else { nil }
    }

    var size: Placed<UInt64>? {
        if case .size(let value) = content { Placed(value, at: position) } else { nil }
    }

    var number: Placed<Int>? {
        if case .number(let value) = content { Placed(value, at: position) } else { nil }
    }

    /// Seconds.
    var span: Placed<Int>? {
        if case .span(let value) = content { Placed(value, at: position) } else { nil }
    }

    var elements: [LocatedValue] {
        if case .list(let values) = content { values } else { [] }
    }

    func choice<Value: RawRepresentable<String> & Hashable & Sendable>() -> Placed<Value>? {
        text.flatMap { text in Value(rawValue: text.value).map { Placed($0, at: text.position) } }
    }
}

extension LocatedValue {
    /// As JSON, keys in the order of their bytes.
    var json: String {
        switch content {
        case .text(let text): JSONText.quoted(text)
        case .number(let number): "\(number)"
        case .flag(let flag): "\(flag)"
        case .size(let bytes): "\(bytes)"
        case .span(let seconds): "\(seconds)"
        case .list(let values): "[\(values.map(\.json).joined(separator: ","))]"
        case .section(let values):
            "{"
                + values.sorted { $0.key < $1.key }
                .map { "\(JSONText.quoted($0.key)):\($0.value.json)" }.joined(separator: ",") + "}"
        }
    }
}
