/// The JSON Schema of `tandem.yml` for editors, made from the table the reader checks against.
package enum ConfigurationSchema {
    /// What the schema is called beside a `tandem.yml`.
    package static let fileName = "tandem.schema.json"

    /// The schema, as `docs/tandem.schema.json` has it.
    package static var json: String {
        let head = [
            (#""$schema""#, #""https://json-schema.org/draft/2020-12/schema""#),
            (#""title""#, #""tandem.yml""#),
        ]
        return object(head + section(ConfigurationKey.all), indent: 0) + "\n"
    }

    private typealias Members = [(key: String, value: String)]

    private static func section(_ keys: [ConfigurationKey], indent: Int = 0) -> Members {
        let properties = keys.map { key in
            let summary = [(key: #""description""#, value: JSONText.quoted(key.summary))]
            let body = summary + describe(key.kind, indent: indent + 4)
            return (key: JSONText.quoted(key.name), value: object(body, indent: indent + 4))
        }
        let required = keys.filter(\.isRequired).map { JSONText.quoted($0.name) }
        var members: Members = [
            (#""type""#, #""object""#),
            (#""additionalProperties""#, "false"),
            (#""properties""#, object(properties, indent: indent + 2)),
        ]
        if !required.isEmpty {
            members.append((#""required""#, "[\(required.joined(separator: ", "))]"))
        }
        return members
    }

    private static func describe(_ kind: ConfigurationKey.Kind, indent: Int) -> Members {
        switch kind {
        case .text: [(#""type""#, #""string""#), (#""minLength""#, "1")]
        case .number(let range):
            [
                (#""type""#, #""integer""#), (#""minimum""#, "\(range.lowerBound)"),
                (#""maximum""#, "\(range.upperBound)"),
            ]
        case .flag: [(#""type""#, #""boolean""#)]
        case .choice(let words):
            [(#""enum""#, "[\(words.map(JSONText.quoted).joined(separator: ", "))]")]
        case .size(let perSecond):
            [
                (#""type""#, #""string""#),
                (#""pattern""#, #""^[0-9]+ ?(B|[kKMG]B|[KMG]iB)\#(perSecond ? "/s" : "")$""#),
            ]
        case .duration:
            [
                (#""type""#, #""string""#),
                (#""pattern""#, #""^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$""#),
                (#""minLength""#, "2"),
            ]
        case .list(let element):
            [
                (#""type""#, #""array""#),
                (#""items""#, object(describe(element, indent: indent + 2), indent: indent + 2)),
            ]
        case .section(let keys): section(keys, indent: indent)
        }
    }

    private static func object(_ members: Members, indent: Int) -> String {
        let margin = String(repeating: " ", count: indent)
        let lines = members.map { "\(margin)  \($0.key): \($0.value)" }
        return "{\n\(lines.joined(separator: ",\n"))\n\(margin)}"
    }
}

/// Text as JSON writes it.
enum JSONText {
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += #"\""#
            case "\\": result += #"\\"#
            case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value):
                let digits = String(scalar.value, radix: 16)
                result += #"\u"# + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

extension ConfigurationSchema {
    /// Every key with what it takes, as the rows of a table in Markdown.
    package static var reference: String {
        let rows = rows(ConfigurationKey.all, below: "")
        return (["| key | takes | |", "|---|---|---|"] + rows).joined(separator: "\n") + "\n"
    }

    private static func rows(_ keys: [ConfigurationKey], below prefix: String) -> [String] {
        keys.flatMap { key in
            let name = prefix + key.name
            let needed = key.isRequired ? "; required" : ""
            let row = "| `\(name)` | \(takes(key.kind))\(needed) | \(key.summary) |"
            return [row] + inner(key.kind, below: name)
        }
    }

    private static func inner(_ kind: ConfigurationKey.Kind, below name: String) -> [String] {
        switch kind {
        case .section(let keys): rows(keys, below: "\(name).")
        case .list(let element): inner(element, below: "\(name)[]")
        default: []
        }
    }

    private static func takes(_ kind: ConfigurationKey.Kind) -> String {
        switch kind {
        case .text: "text"
        case .number(let range) where range.count == 1: "`\(range.lowerBound)`"
        case .number(let range): "\(range.lowerBound) to \(range.upperBound)"
        case .flag: "`true`, `false`"
        case .choice(let words): words.map { "`\($0)`" }.joined(separator: ", ")
        case .size(perSecond: true): "`20MB/s`"
        case .size(perSecond: false): "`2GB`, `512MiB`"
        case .duration: "`90s`, `1h30m`, `14d`"
        case .list(let element): "list of \(takes(element))"
        case .section: "keys"
        }
    }
}
