import FoundationEssentials

/// Who makes a request: what a valid token says.
package struct Identity: Hashable, Sendable {
    package var userID: String
    package var userName: String
    package var userDomainID: String
    package var userDomainName: String
    /// 32 hexadecimal digits as Keystone makes them; nil for a token without a project (domain, system or no scope).
    package var projectID: String?
    package var projectName: String?
    package var projectDomainID: String?
    package var projectDomainName: String?
    /// Names of the roles on the scope, in lower case: roles are compared without regard to case.
    package var roles: Set<String>
    /// When the token ends by itself, by Keystone's clock.
    package var expiresAt: Date
    /// Names of the roles of the service token that came with the request (`X-Service-Token`), in lower case.
    package var serviceRoles: Set<String>

    package init(
        userID: String, userName: String, userDomainID: String = "default", userDomainName: String = "Default",
        projectID: String?, projectName: String?, projectDomainID: String? = "default",
        projectDomainName: String? = "Default", roles: some Sequence<String>, expiresAt: Date,
        serviceRoles: some Sequence<String> = []
    ) {
        self.userID = userID
        self.userName = userName
        self.userDomainID = userDomainID
        self.userDomainName = userDomainName
        self.projectID = projectID
        self.projectName = projectName
        self.projectDomainID = projectDomainID
        self.projectDomainName = projectDomainName
        self.roles = Set(roles.map { $0.lowercased() })
        self.expiresAt = expiresAt
        self.serviceRoles = Set(serviceRoles.map { $0.lowercased() })
    }

    /// Whether the user has the role, in whatever case it is written.
    package func hasRole(_ name: String) -> Bool { roles.contains(name.lowercased()) }

    /// Whether the user administers the cloud: role `admin`.
    package var isAdmin: Bool { roles.contains("admin") }
}
