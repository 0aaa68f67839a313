/// A key that may be offered, with where its signatures come from.
struct Identity {
    enum Signer {
        case key(SigningKey)
        case agent(AgentClient)
    }

    /// For messages: the file that named it.
    var name: String
    var publicKey: PublicKeyBlob
    var signer: Signer

    func signature(of data: UnsafeRawBufferPointer, algorithm: String) -> [UInt8]? {
        switch signer {
        case .key(let key): key.signature(of: data, algorithm: algorithm)
        case .agent(let agent): agent.signature(of: data, by: publicKey, algorithm: algorithm)
        }
    }
}
