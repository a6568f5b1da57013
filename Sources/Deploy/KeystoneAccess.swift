import Blueprint
import JSON
import Keystone
import Testbed

/// How the administrator reaches Keystone from a controller. Part of what the build host sends there.
struct KeystoneAccess: Hashable {
    var url: String
    var user: String
    var password: String
    var project: String
    var userDomain: String
    var projectDomain: String
    var insecure: Bool
    /// A CA bundle on the controller.
    var authorityFile: String?

    init(_ keystone: Testbed.Keystone, url: String) {
        self.url = url
        user = keystone.adminUser
        password = keystone.adminPassword
        project = keystone.adminProject
        userDomain = keystone.userDomain
        projectDomain = keystone.projectDomain
        insecure = keystone.insecure
        authorityFile = keystone.caFile == nil ? nil : DeploymentPath.keystoneAuthority
    }

    var json: JSONValue {
        [
            "url": .string(url), "user": .string(user), "password": .string(password), "project": .string(project),
            "user_domain": .string(userDomain), "project_domain": .string(projectDomain), "insecure": .bool(insecure),
            "authority_file": authorityFile.map { .string($0) } ?? .null,
        ]
    }

    init(_ object: inout StrictObject) {
        url = object.string("url")
        user = object.string("user")
        password = object.string("password")
        project = object.string("project")
        userDomain = object.string("user_domain")
        projectDomain = object.string("project_domain")
        insecure = object.bool("insecure")
        authorityFile = object.optionalString("authority_file")
    }

    var tls: KeystoneTLS { KeystoneTLS(insecure: insecure, authorityFile: authorityFile) }

    var credentials: Credentials {
        Credentials(
            user: user, password: password, userDomain: userDomain, project: project, projectDomain: projectDomain)
    }
}
