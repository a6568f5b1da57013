import Blueprint

/// How a resource was found on a host.
enum ResourceState: Hashable {
    case present
    /// Not there; for packages, the ones that are missing.
    case missing([String])
    /// There with another content.
    case differs
    /// There with another owner or mode.
    case access
    /// A service that does not run.
    case stopped
    /// A service that runs, and would not after a reboot.
    case disabled
    /// A service that runs with older files.
    case outdated(byReload: Bool)
    /// A service that runs and does not serve.
    case unready

    /// Reads the word that ``ResourceProbe`` made its script print.
    init?(_ text: String) {
        let words = text.split(separator: " ")
        switch words.first {
        case "ok": self = .present
        case "missing": self = .missing(words.dropFirst().map(String.init))
        case "content": self = .differs
        case "access": self = .access
        case "stopped": self = .stopped
        case "disabled": self = .disabled
        case "restart": self = .outdated(byReload: false)
        case "reload": self = .outdated(byReload: true)
        case "unready": self = .unready
        default: return nil
        }
    }
}
