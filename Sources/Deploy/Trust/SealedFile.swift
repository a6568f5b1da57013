import Remote

/// The words of systemd-creds(1) for a file that only its host can open. Pure.
enum SealedFile {
    static let mode = 0o400
    /// What it is bound to besides the key: a file that was sealed for something else is refused.
    private static let name = "skein-secrets"

    /// A command that prints what a file holds.
    static func opening(_ path: String) -> String { "systemd-creds decrypt --name=\(name) \(shellWord(path)) -" }

    /// A command that seals its input.
    ///
    /// - Parameter path: as a shell expands it between double quotes.
    static func closing(to path: String) -> String { "systemd-creds encrypt --name=\(name) - \"\(path)\"" }
}
