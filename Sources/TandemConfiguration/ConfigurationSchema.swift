/// The JSON Schema of `tandem.yml` for editors, made from the table the reader checks against.
package enum ConfigurationSchema {
    /// The schema, as `schema.json` ships it.
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
