package import Testing

extension Tag {
    /// Many cases from a seed, which the failure names.
    @Tag package static var property: Self
    /// Injected errors.
    @Tag package static var fault: Self
    /// Killed processes.
    @Tag package static var crash: Self
    /// A real sshd, git or container.
    @Tag package static var live: Self
    /// Compared with bytes written down.
    @Tag package static var golden: Self
    /// A mistake that was made once.
    @Tag package static var regression: Self
}
