import ArgumentParser
import TandemHTTP

/// `ADDRESS:PORT` of the command line.
enum HTTPEndpoint {
    static func parse(_ text: String) throws -> HTTPAddress {
        guard let address = HTTPAddress(tcp: text) else {
            throw ValidationError(
                "--http takes ADDRESS:PORT, such as 127.0.0.1:8080, not '\(text)'"
            )
        }
        return address
    }
}
