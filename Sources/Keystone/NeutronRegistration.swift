/// What Neutron's entry in Keystone should be.
package struct NeutronRegistration: Hashable, Sendable {
    /// Which of a service's three URLs an endpoint is.
    package enum Interface: String, Hashable, Sendable, CaseIterable {
        case `public`
        case `internal`
        case admin
    }

    /// Name of the service user.
    package var user: String
    /// Its password: set only when the user is created.
    package var password: String
    /// A file of the operator's with that password; nil when the operator has chosen it.
    package var passwordFile: String?
    package var userDomain: String
    /// Name of the project that service users belong to.
    package var project: String
    package var projectDomain: String
    /// The role of the user on the project.
    package var role: String
    package var serviceName: String
    package var serviceType: String
    package var region: String
    /// For clients outside: on the external virtual IP, else on the internal one.
    package var publicURL: String
    package var internalURL: String
    package var adminURL: String

    package init(
        user: String = "neutron", password: String, passwordFile: String? = nil, userDomain: String = "Default",
        project: String = "service",
        projectDomain: String = "Default", role: String = "admin", serviceName: String = "neutron",
        serviceType: String = "network", region: String = "RegionOne", publicURL: String, internalURL: String,
        adminURL: String
    ) {
        self.user = user
        self.password = password
        self.passwordFile = passwordFile
        self.userDomain = userDomain
        self.project = project
        self.projectDomain = projectDomain
        self.role = role
        self.serviceName = serviceName
        self.serviceType = serviceType
        self.region = region
        self.publicURL = publicURL
        self.internalURL = internalURL
        self.adminURL = adminURL
    }

    package func url(_ interface: Interface) -> String {
        switch interface {
        case .public: publicURL
        case .internal: internalURL
        case .admin: adminURL
        }
    }
}

/// What Keystone holds of all that.
package struct RegistrationEntries: Hashable, Sendable {
    package struct Service: Hashable, Sendable {
        package var id: String
        package var name: String
        package var isEnabled: Bool

        package init(id: String, name: String, isEnabled: Bool = true) {
            self.id = id
            self.name = name
            self.isEnabled = isEnabled
        }
    }

    package struct Endpoint: Hashable, Sendable {
        package var id: String
        package var serviceID: String
        package var interface: NeutronRegistration.Interface
        package var url: String
        package var isEnabled: Bool

        package init(
            id: String, serviceID: String, interface: NeutronRegistration.Interface, url: String, isEnabled: Bool = true
        ) {
            self.id = id
            self.serviceID = serviceID
            self.interface = interface
            self.url = url
            self.isEnabled = isEnabled
        }
    }

    package var project: KeystoneAdministration.Entry?
    package var user: KeystoneAdministration.Entry?
    /// Whether the user can log in with the password that Skein would use; nil when that was not tried.
    package var isPasswordRight: Bool?
    package var role: KeystoneAdministration.Entry?
    package var isRoleAssigned = false
    package var hasRegion = false
    /// All services of the type `network`.
    package var services: [Service] = []
    /// Their endpoints in the region.
    package var endpoints: [Endpoint] = []

    package init() {}

    /// The service that clients will find: the one of the right name, one with endpoints before one without.
    func service(named name: String) -> Service? {
        let candidates = services.sorted { $0.id < $1.id }
        let used = Set(endpoints.map(\.serviceID))
        return candidates.first { $0.name == name && used.contains($0.id) }
            ?? candidates.first { $0.name == name }
            ?? candidates.first { used.contains($0.id) }
            ?? candidates.first
    }
}

/// One thing that must be in Keystone, and whether it is.
package struct RegistrationFinding: Hashable, Sendable {
    package enum Item: Hashable, Sendable {
        case region
        case project
        case role
        case user
        case roleAssignment
        case service
        case endpoint(NeutronRegistration.Interface)
    }

    package enum Status: Hashable, Sendable {
        case present
        case missing
        /// There is something else: what it is, and what the operator can do. Skein leaves it alone.
        case different(found: String, advice: String)
    }

    package var item: Item
    package var status: Status
    /// What must be there, such as `endpoint public http://192.0.2.10:9696`.
    package var subject: String
    /// The `openstack` command that creates it.
    package var command: String
    /// Whether the installation cannot work as long as it differs.
    package var isBlocking: Bool

    package init(item: Item, status: Status, subject: String, command: String, isBlocking: Bool = false) {
        self.item = item
        self.status = status
        self.subject = subject
        self.command = command
        self.isBlocking = isBlocking
    }
}

extension NeutronRegistration {
    /// Compares what should be with what is. In the order in which missing things can be created.
    package func findings(in entries: RegistrationEntries) -> [RegistrationFinding] {
        [region(entries), project(entries), role(entries), user(entries), roleAssignment(entries), service(entries)]
            + Interface.allCases.map { endpoint($0, entries) }
    }

    private func region(_ entries: RegistrationEntries) -> RegistrationFinding {
        RegistrationFinding(
            item: .region, status: entries.hasRegion ? .present : .missing, subject: "region \(region)",
            command: "openstack region create \(quoted(region))")
    }

    private func project(_ entries: RegistrationEntries) -> RegistrationFinding {
        var finding = RegistrationFinding(
            item: .project, status: entries.project == nil ? .missing : .present, subject: "project \(project)",
            command: "openstack project create --domain \(quoted(projectDomain)) \(quoted(project))")
        if let found = entries.project, !found.isEnabled {
            finding.isBlocking = true
            finding.status = .different(
                found: "it is disabled", advice: "openstack project set --enable \(found.id)")
        }
        return finding
    }

    private func role(_ entries: RegistrationEntries) -> RegistrationFinding {
        RegistrationFinding(
            item: .role, status: entries.role == nil ? .missing : .present, subject: "role \(role)",
            command: "openstack role create \(quoted(role))")
    }

    private func user(_ entries: RegistrationEntries) -> RegistrationFinding {
        var finding = RegistrationFinding(
            item: .user, status: entries.user == nil ? .missing : .present, subject: "user \(user)",
            command: "openstack user create --domain \(quoted(userDomain)) "
                + (passwordFile.map { "--password \"$(cat \(quoted($0)))\"" } ?? "--password-prompt")
                + " \(quoted(user))")
        guard let found = entries.user else { return finding }
        if !found.isEnabled {
            finding.isBlocking = true
            finding.status = .different(found: "it is disabled", advice: "openstack user set --enable \(found.id)")
        } else if entries.isPasswordRight == false {
            finding.isBlocking = true
            finding.status = .different(
                found: "it exists already, and the password that Skein has for it does not work",
                advice: "Skein never overwrites a password. Write the right one as 'neutron_password' in env.keystone, "
                    + "or, when nothing else uses this user, set it yourself: "
                    + "openstack user set --password-prompt \(found.id)")
        }
        return finding
    }

    private func roleAssignment(_ entries: RegistrationEntries) -> RegistrationFinding {
        RegistrationFinding(
            item: .roleAssignment, status: entries.isRoleAssigned ? .present : .missing,
            subject: "role \(role) of user \(user) in project \(project)",
            command: "openstack role add --user \(quoted(user)) --user-domain \(quoted(userDomain)) "
                + "--project \(quoted(project)) --project-domain \(quoted(projectDomain)) \(quoted(role))")
    }

    private func service(_ entries: RegistrationEntries) -> RegistrationFinding {
        var finding = RegistrationFinding(
            item: .service, status: .missing, subject: "service \(serviceName) of type \(serviceType)",
            command: "openstack service create --name \(quoted(serviceName)) "
                + "--description \"OpenStack Networking\" \(quoted(serviceType))")
        guard let found = entries.service(named: serviceName) else { return finding }
        finding.status = .present
        if !found.isEnabled {
            finding.status = .different(
                found: "it is disabled, so clients do not see it", advice: "openstack service set --enable \(found.id)")
        } else if found.name != serviceName {
            finding.status = .different(
                found: "the service of this type is called '\(found.name)'; clients look for the type, so it serves",
                advice: "to give it the usual name: openstack service set --name \(quoted(serviceName)) \(found.id)")
        } else if entries.services.count > 1 {
            let others = entries.services.filter { $0.id != found.id }.map { "\($0.name) (\($0.id))" }.sorted()
            finding.status = .different(
                found:
                    "there are others of this type: \(others.joined(separator: ", ")); a client may take any of them",
                advice: "when nothing uses them: openstack service delete ID")
        }
        return finding
    }

    private func endpoint(_ interface: Interface, _ entries: RegistrationEntries) -> RegistrationFinding {
        let wanted = url(interface)
        let service = entries.service(named: serviceName)
        var finding = RegistrationFinding(
            item: .endpoint(interface), status: .missing, subject: "endpoint \(interface.rawValue) \(wanted)",
            command: "openstack endpoint create --region \(quoted(region)) "
                + "\(quoted(service?.name ?? serviceType)) \(interface.rawValue) \(quoted(wanted))")
        let found = entries.endpoints
            .filter { $0.interface == interface && $0.serviceID == service?.id }
            .sorted { $0.id < $1.id }
        guard let first = found.first else { return finding }
        let right = found.first { Self.isSame($0.url, wanted) }
        if let right, !right.isEnabled {
            finding.status = .different(
                found: "it is disabled, so clients do not see it",
                advice: "endpoints are switched on with: openstack endpoint set --enable \(right.id)")
        } else if right == nil {
            finding.status = .different(
                found: "it is \(first.url)",
                advice: "Skein leaves it as it is. When clients should come here instead: "
                    + "openstack endpoint set --url \(quoted(wanted)) \(first.id)")
        } else if let other = found.first(where: { $0.id != right?.id }) {
            finding.status = .different(
                found: "there is another one, \(other.url) (\(other.id)); a client may take either",
                advice: "when nothing uses it: openstack endpoint delete \(other.id)")
        } else {
            finding.status = .present
        }
        return finding
    }

    private static func isSame(_ left: String, _ right: String) -> Bool {
        func plain(_ url: String) -> Substring {
            var url = url[...]
            while url.hasSuffix("/") { url.removeLast() }
            return url
        }
        return plain(left) == plain(right)
    }

    /// As a shell takes it for one word.
    private func quoted(_ text: String) -> String {
        let isPlain =
            !text.isEmpty
            && text.unicodeScalars.allSatisfy {
                $0.isASCII
                    && ($0.properties.isAlphabetic || $0.properties.numericType != nil
                        || "-._:/@%+=,".unicodeScalars.contains($0))
            }
        return isPlain
            ? text : "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
