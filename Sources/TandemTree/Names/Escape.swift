/// The one escape for every sink: terminal, log, status page, error message.
///
/// Controls (C0, C1, DEL), line separators, bidirectional and zero-width characters and bytes that
/// are not UTF-8 become `\xNN` for each byte. Escaping twice gives the same text.
public func escaped(_ bytes: some Collection<UInt8>) -> String {
    var text = ""
    var scanner = UTF8Scanner(bytes)
    while let element = scanner.next() {
        switch element {
        case .scalar(let scalar) where isPlain(scalar): text.unicodeScalars.append(scalar)
        case .scalar(let scalar):
            for byte in UTF8.encode(scalar) ?? .init() { appendHex(byte, to: &text) }
        case .invalid(let byte): appendHex(byte, to: &text)
        }
    }
    return text
}

private func appendHex(_ byte: UInt8, to text: inout String) {
    let digits = String(byte, radix: 16)
    text += digits.utf8.count == 1 ? "\\x0" : "\\x"
    text += digits
}

/// Whether a scalar shows as itself and cannot steer a terminal or reorder what stands around it.
private func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return scalar.value >= 0x20 && scalar.value != 0x7F }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned:
        return false
    default:
        return !scalar.properties.isDefaultIgnorableCodePoint
    }
}
