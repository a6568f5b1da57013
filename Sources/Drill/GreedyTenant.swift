import Keystone
import Testbed

/// A project and a user of the greedy client's own: another client is another tenant, with quotas and a share of the
/// service of its own. They have names that a later drill knows, so that it can remove what a killed one has left.
struct GreedyTenant: Sendable {
    /// Of the project and of the user.
    static let name = "skein-drill-greedy-client"

    let administration: KeystoneAdministration
    let authentication: KeystoneAuthentication
    let domain: String

    /// - Throws: ``KeystoneError`` when Keystone does not let the drill's user do it.
    init(_ installation: Installation) async throws(KeystoneError) {
        let keystone = installation.keystone
        let url = try await installation.keystoneLocator.locate().url
        let tls = KeystoneTLS(insecure: keystone.insecure, authorityFile: keystone.caFile)
        administration = try KeystoneAdministration(
            url: url, user: keystone.adminUser, password: keystone.adminPassword, project: keystone.adminProject,
            userDomain: keystone.userDomain, projectDomain: keystone.projectDomain, tls: tls)
        authentication = try KeystoneAuthentication(url: url, tls: tls)
        domain = keystone.projectDomain
    }

    /// The project's id; nil when it does not exist.
    func projectID() async throws(KeystoneError) -> String? {
        try await administration.project(
            named: Self.name, domainID: administration.domainID(named: domain))?.id
    }

    /// Makes project and user.
    ///
    /// - Returns: a token of an ordinary member, and the project's id.
    func make() async throws(KeystoneError) -> (token: String, projectID: String) {
        let domainID = try await administration.domainID(named: domain)
        guard let role = try await administration.role(named: "member") else {
            throw KeystoneError(.notFound, "Keystone has no role 'member'")
        }
        let password = StaticTokenValidator.makeToken()
        let description = "Of `skein drill`, which removes it"
        let project = try await administration.createProject(
            named: Self.name, domainID: domainID, description: description)
        let user = try await administration.createServiceUser(
            named: Self.name, password: password, domainID: domainID, description: description)
        try await administration.assignRole(role.id, userID: user, projectID: project)
        let token = try await authentication.issueToken(
            Credentials(
                user: Self.name, password: password, userDomain: domain, project: Self.name, projectDomain: domain))
        return (token.text, project)
    }

    /// Removes both, whichever there is.
    func remove() async throws(KeystoneError) {
        let domainID = try await administration.domainID(named: domain)
        if let user = try await administration.user(named: Self.name, domainID: domainID) {
            try await administration.deleteUser(id: user.id)
        }
        if let project = try await administration.project(named: Self.name, domainID: domainID) {
            try await administration.deleteProject(id: project.id)
        }
    }
}
