/// What other targets are told of the SSH library.
package enum SSHVersion {
    /// The version of libssh2 in use at run time.
    package static var library: String { SSHLibrary.version }
}
