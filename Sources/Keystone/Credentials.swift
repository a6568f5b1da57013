import JSON

/// A user's name and password, and the project to act in.
package struct Credentials: Hashable, Sendable {
    package var user: String
    package var password: String
    /// Name of the user's domain.
    package var userDomain: String
    /// Name of the project; nil asks for a token without scope.
    package var project: String?
    /// Name of the project's domain.
    package var projectDomain: String

    package init(
        user: String, password: String, userDomain: String = "Default", project: String?,
        projectDomain: String = "Default"
    ) {
        self.user = user
        self.password = password
        self.userDomain = userDomain
        self.project = project
        self.projectDomain = projectDomain
    }

    /// The body of `POST /v3/auth/tokens`.
    var authenticationRequest: JSONValue {
        let identity: JSONValue = [
            "methods": ["password"],
            "password": [
                "user": [
                    "name": .string(user), "domain": Self.domain(userDomain), "password": .string(password),
                ]
            ],
        ]
        guard let project else { return ["auth": ["identity": identity, "scope": "unscoped"]] }
        let scope: JSONValue = ["project": ["name": .string(project), "domain": Self.domain(projectDomain)]]
        return ["auth": ["identity": identity, "scope": scope]]
    }

    /// `default` is the id of the domain that is named Default, and many files have the one where the other is meant.
    private static func domain(_ name: String) -> JSONValue {
        name == "default" ? ["id": "default"] : ["name": .string(name)]
    }
}
