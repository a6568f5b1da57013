import JSON
import NIOHTTP1

extension KeystoneAdministration {
    /// Compares Keystone with what Neutron's entry should be. Changes nothing: this is all that happens with
    /// `manage_neutron: 'no'`.
    ///
    /// - Throws: ``KeystoneError``
    package func verify(_ registration: NeutronRegistration) async throws(KeystoneError) -> RegistrationReport {
        RegistrationReport(findings: registration.findings(in: try await entries(of: registration)))
    }

    /// How many creations Keystone may answer with 5xx before that is the outcome. It does so when its database ends one
    /// of two transactions that wait for each other, as MySQL's clusters and SQLite do: the next attempt succeeds.
    private static let toleratedFailures = 4

    /// Creates what is missing of Neutron's entry; what is there already is never changed, whatever it is.
    ///
    /// Safe to repeat and to run on several machines at once. Nothing is created when something stands in the way that
    /// only the operator can decide about.
    ///
    /// - Parameter lockPatience: after how long without any change a lock counts as left behind by a run that died.
    /// - Returns: the state after the last step, read back from Keystone.
    /// - Throws: ``KeystoneError`` `conflict` with what stands in the way, such as a user `neutron` with another
    ///   password; `forbidden` when the administrator is none; `unavailable`.
    package func register(
        _ registration: NeutronRegistration, lockPatience: Duration = .seconds(20)
    ) async throws(KeystoneError) -> RegistrationReport {
        var created: [String] = []
        var failures = 0
        for _ in 0..<8 {
            let entries = try await entries(of: registration)
            let report = RegistrationReport(findings: registration.findings(in: entries), created: created)
            if let blocker = report.blockers.first, case .different(let found, let advice) = blocker.status {
                throw KeystoneError(.conflict, "\(blocker.subject) in Keystone: \(found). \(advice)")
            }
            if report.missing.isEmpty { return report }
            do throws(KeystoneError) {
                let named = report.missing.filter { !$0.item.isUnnamed }
                try await create(named, of: registration, in: entries, created: &created)
                if named.count < report.missing.count {
                    try await createLocked(registration, patience: lockPatience, created: &created)
                }
            } catch  where error.code == .conflict {
                // Somebody else has created it since it was read: read again.
            } catch  where error.code == .unavailable && error.isAnswered && failures < Self.toleratedFailures {
                // Whether it was created only Keystone knows: read again, a moment later.
                failures += 1
                do { try await Task.sleep(for: .milliseconds(100 * failures)) } catch {
                    throw KeystoneError(.unavailable, "cancelled while Neutron is registered in Keystone")
                }
            }
        }
        throw KeystoneError(
            .conflict, "Neutron's entry in Keystone changes all the time: another installation seems to work on it")
    }

    // MARK: - Read

    private func entries(of registration: NeutronRegistration) async throws(KeystoneError) -> RegistrationEntries {
        var entries = RegistrationEntries()
        let userDomain = try await domainID(named: registration.userDomain)
        let projectDomain =
            registration.projectDomain == registration.userDomain
            ? userDomain : try await domainID(named: registration.projectDomain)
        entries.hasRegion =
            try await send(.GET, "/regions/\(Self.escaped(registration.region))", accepting: [404]).status != 404
        entries.project = try await project(named: registration.project, domainID: projectDomain)
        entries.role = try await role(named: registration.role)
        entries.user = try await user(named: registration.user, domainID: userDomain)
        if let user = entries.user, user.isEnabled {
            entries.isPasswordRight = try await isRight(registration.password, of: registration)
        }
        if let user = entries.user, let role = entries.role, let project = entries.project {
            entries.isRoleAssigned = try await hasRole(role.id, userID: user.id, projectID: project.id)
        }
        try await readCatalog(of: registration, into: &entries)
        return entries
    }

    private func readCatalog(
        of registration: NeutronRegistration, into entries: inout RegistrationEntries
    ) async throws(KeystoneError) {
        for service in try await list("services", ["type": registration.serviceType]) {
            guard let id = service["id"]?.stringValue else { continue }
            entries.services.append(
                .init(
                    id: id, name: service["name"]?.stringValue ?? "", isEnabled: service["enabled"]?.boolValue ?? true))
            for endpoint in try await list("endpoints", ["service_id": id]) {
                guard (endpoint["region_id"] ?? endpoint["region"])?.stringValue == registration.region,
                    let interface = endpoint["interface"]?.stringValue.flatMap(NeutronRegistration.Interface.init),
                    let endpointID = endpoint["id"]?.stringValue
                else { continue }
                entries.endpoints.append(
                    .init(
                        id: endpointID, serviceID: id, interface: interface, url: endpoint["url"]?.stringValue ?? "",
                        isEnabled: endpoint["enabled"]?.boolValue ?? true))
            }
        }
    }

    /// Without a project, since the role may not be assigned yet.
    private func isRight(_ password: String, of registration: NeutronRegistration) async throws(KeystoneError) -> Bool {
        do throws(KeystoneError) {
            _ = try await connection.issueToken(
                Credentials(
                    user: registration.user, password: password, userDomain: registration.userDomain, project: nil))
            return true
        } catch  where error.code == .unauthorized {
            return false
        }
    }

    // MARK: - Create

    /// Creates entries in their order. Ids of new ones are used for those that follow.
    private func create(
        _ missing: [RegistrationFinding], of registration: NeutronRegistration, in found: RegistrationEntries,
        created: inout [String]
    ) async throws(KeystoneError) {
        var entries = found
        for finding in missing {
            switch finding.item {
            case .region:
                _ = try await create("region", at: "/regions", ["id": .string(registration.region)])
            case .project:
                let domain = try await domainID(named: registration.projectDomain)
                let id = try await createProject(
                    named: registration.project, domainID: domain, description: "Service users")
                entries.project = Entry(id: id, name: registration.project)
            case .role:
                entries.role = Entry(id: try await createRole(named: registration.role), name: registration.role)
            case .user:
                let domain = try await domainID(named: registration.userDomain)
                let id = try await createServiceUser(
                    named: registration.user, password: registration.password, domainID: domain,
                    description: "Service user of the network service")
                entries.user = Entry(id: id, name: registration.user)
            case .roleAssignment:
                guard let role = entries.role, let user = entries.user, let project = entries.project else { continue }
                try await assignRole(role.id, userID: user.id, projectID: project.id)
            case .service:
                let id = try await create(
                    "service", at: "/services",
                    [
                        "name": .string(registration.serviceName), "type": .string(registration.serviceType),
                        "description": "OpenStack Networking",
                    ])
                entries.services.append(.init(id: id, name: registration.serviceName))
            case .endpoint(let interface):
                guard let service = entries.service(named: registration.serviceName) else { continue }
                _ = try await create(
                    "endpoint", at: "/endpoints",
                    [
                        "service_id": .string(service.id), "interface": .string(interface.rawValue),
                        "region_id": .string(registration.region), "url": .string(registration.url(interface)),
                    ])
            }
            created.append(finding.subject)
        }
    }

    /// Creates the service and the endpoints. Keystone takes two of the same without a word, so only one run at a time
    /// may do it; and between its first look and the lock another may have.
    private func createLocked(
        _ registration: NeutronRegistration, patience: Duration, created: inout [String]
    ) async throws(KeystoneError) {
        let lock = try await RegistrationLock.take(in: self, patience: patience)
        let outcome: KeystoneError?
        do throws(KeystoneError) {
            var entries = RegistrationEntries()
            try await readCatalog(of: registration, into: &entries)
            let missing = registration.findings(in: entries).filter { $0.status == .missing && $0.item.isUnnamed }
            try await create(missing, of: registration, in: entries, created: &created)
            outcome = nil
        } catch {
            outcome = error
        }
        try? await lock.release()
        if let outcome { throw outcome }
    }
}

extension RegistrationFinding.Item {
    /// Whether Keystone would take a second one of the same, because its names need not differ.
    fileprivate var isUnnamed: Bool {
        switch self {
        case .service, .endpoint: true
        default: false
        }
    }
}
