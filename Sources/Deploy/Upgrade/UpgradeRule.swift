import Blueprint

/// Which of a plan's changes an upgrade makes before it goes from host to host, on each host in its turn, and after that.
/// Pure.
struct UpgradeRule {
    /// When a change is made.
    enum Phase: Hashable {
        /// On all hosts at once, while the old version serves: packages that the new one needs, certificates.
        case before
        /// On one host after the other, with the way back: the executable, Skein's own services and their files.
        case turn
        /// As `up` does: what the new version wants of the store, the broker, the proxies and the virtual IPs.
        case after
    }

    /// The files and units of Skein's own services on a host.
    let paths: Set<String>

    /// - Parameter resources: everything that the host should have.
    init(_ resources: [Resource]) {
        var paths: Set<String> = []
        for case .service(let service) in resources where Self.ownUnits.contains(service.name) {
            paths.formUnion(service.restartsOn)
        }
        // Certificates are everybody's; they change before.
        self.paths = paths.filter { !$0.hasPrefix(DeploymentPath.configuration + "/tls/") }
    }

    /// The services that run the executable.
    private static let ownUnits: Set<String> = [DeploymentUnit.controller, DeploymentUnit.vipHealth]

    func phase(stage: String, _ resource: Resource) -> Phase {
        switch resource {
        case .executable: return .turn
        case .file(let file) where paths.contains(file.path): return .turn
        case .service(let service) where Self.ownUnits.contains(service.name): return .turn
        default: return stage == "packages" || stage == "certificates" ? .before : .after
        }
    }

    /// The files to keep for the way back, without the executable.
    var files: [String] { paths.subtracting([DeploymentPath.executable]).sorted() }
}
