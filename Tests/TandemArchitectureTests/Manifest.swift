/// The targets that Package.swift declares, read from its text.
struct Manifest {
    struct Target {
        var kind: String
        var name: String
        /// Own targets and products of other packages, by name.
        var dependencies: [String]
        var isTest: Bool { kind == "testTarget" }
        var isCode: Bool { kind != "systemLibrary" }
    }

    let targets: [String: Target]

    init(text: String) {
        let section = text.components(after: "targets: [\n        //")
        targets = Dictionary(
            Self.declarations(in: section).map { ($0.name, $0) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    static let current = Manifest(text: Project.text("Package.swift") ?? "")

    /// Everything a target links, itself included.
    func closure(of name: String) -> Set<String> {
        var reached: Set<String> = []
        var waiting = [name]
        while let next = waiting.popLast() {
            guard reached.insert(next).inserted else { continue }
            waiting += targets[next]?.dependencies ?? []
        }
        return reached
    }

    private static func declarations(in text: String) -> [Target] {
        text.matches(of: /\.(target|executableTarget|testTarget|systemLibrary)\(/).compactMap {
            match in
            let body = balanced(text[match.range.upperBound...])
            guard let name = body.firstMatch(of: /name: "([^"]+)"/) else { return nil }
            return Target(
                kind: String(match.output.1),
                name: String(name.output.1),
                dependencies: dependencies(in: body)
            )
        }
    }

    private static func dependencies(in body: Substring) -> [String] {
        guard let start = body.firstRange(of: "dependencies: [") else { return [] }
        let list = body[start.upperBound...].prefix { $0 != "]" }
        let products = list.matches(of: /\.product\(name: "([^"]+)", package: "[^"]+"\)/)
        let plain = list.replacing(/\.product\([^)]*\)/, with: "").matches(of: /"([^"]+)"/)
        return products.map { String($0.output.1) } + plain.map { String($0.output.1) }
    }

    /// What comes before the parenthesis that closes an already open one.
    private static func balanced(_ text: Substring) -> Substring {
        var depth = 1
        for index in text.indices {
            if text[index] == "(" { depth += 1 }
            if text[index] == ")" { depth -= 1 }
            if depth == 0 { return text[..<index] }
        }
        return text
    }
}

extension String {
    fileprivate func components(after marker: String) -> String {
        firstRange(of: marker).map { String(self[$0.upperBound...]) } ?? self
    }
}
