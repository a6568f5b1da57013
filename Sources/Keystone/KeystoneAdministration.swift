import FoundationEssentials
import JSON
import NIOHTTP1

/// A token as Keystone issued it.
package struct IssuedToken: Hashable, Sendable {
    /// The secret itself.
    package var text: String
    package var identity: Identity
    /// The URLs of the services, when they were asked for.
    package var catalogue: [CatalogueEndpoint] = []
}

/// A URL at which the catalogue says that a service is.
package struct CatalogueEndpoint: Hashable, Sendable {
    /// The service's type, such as `network`.
    package var type: String
    /// `public`, `internal` or `admin`.
    package var interface: String
    package var region: String
    package var url: String
}

/// Asks Keystone for tokens on behalf of whoever has a password: the console's sign-in, the end-to-end check.
package final class KeystoneAuthentication: Sendable {
    private let connection: KeystoneConnection

    /// - Parameter url: where Keystone answers, or its v3 URL.
    /// - Throws: ``KeystoneError`` `misconfigured`. Keystone is not asked yet.
    package init(
        url: String, tls: KeystoneTLS = KeystoneTLS(), deadlines: KeystoneDeadlines = KeystoneDeadlines()
    ) throws(KeystoneError) {
        connection = try KeystoneConnection(url: url, tls: tls, deadlines: deadlines)
    }

    /// - Throws: ``KeystoneError`` `unauthorized` when user, password or project is wrong; `unavailable`.
    package func issueToken(
        _ credentials: Credentials, withCatalogue: Bool = false
    ) async throws(KeystoneError) -> IssuedToken {
        let (text, document) = try await connection.issueToken(credentials, withCatalogue: withCatalogue)
        return IssuedToken(text: text, identity: document.identity, catalogue: document.catalogue)
    }
}

/// What an administrator does in Keystone, as far as Skein needs it: find, and create where missing.
package final class KeystoneAdministration: Sendable {
    /// Anything that Keystone names and can switch off.
    package struct Entry: Hashable, Sendable {
        package var id: String
        package var name: String
        package var isEnabled: Bool

        package init(id: String, name: String, isEnabled: Bool = true) {
            self.id = id
            self.name = name
            self.isEnabled = isEnabled
        }
    }

    let connection: KeystoneConnection
    private let serviceToken: ServiceToken
    private let user: String

    /// - Parameters:
    ///   - url: where Keystone answers, or its v3 URL.
    ///   - userDomain: name of the administrator's domain.
    ///   - projectDomain: name of the project's domain.
    /// - Throws: ``KeystoneError`` `misconfigured`. Keystone is not asked yet.
    package init(
        url: String, user: String, password: String, project: String, userDomain: String = "Default",
        projectDomain: String = "Default", tls: KeystoneTLS = KeystoneTLS(),
        deadlines: KeystoneDeadlines = KeystoneDeadlines(total: .seconds(20))
    ) throws(KeystoneError) {
        connection = try KeystoneConnection(url: url, tls: tls, deadlines: deadlines)
        serviceToken = ServiceToken(
            connection: connection,
            credentials: Credentials(
                user: user, password: password, userDomain: userDomain, project: project, projectDomain: projectDomain))
        self.user = user
    }

    /// A token of the administrator's, to be used at once.
    ///
    /// - Throws: ``KeystoneError`` `credentialsRefused` when the testbed's user or password is wrong; `unavailable`.
    package func token() async throws(KeystoneError) -> String { try await serviceToken.token() }

    // MARK: - Find

    /// - Throws: ``KeystoneError`` `notFound`
    package func domainID(named name: String) async throws(KeystoneError) -> String {
        if name == "default" { return name }
        guard let domain = try await entries("domains", ["name": name]).first else {
            throw KeystoneError(.notFound, "Keystone has no domain '\(name)'")
        }
        return domain.id
    }

    package func project(named name: String, domainID: String) async throws(KeystoneError) -> Entry? {
        try await entries("projects", ["name": name, "domain_id": domainID]).first
    }

    package func user(named name: String, domainID: String) async throws(KeystoneError) -> Entry? {
        try await entries("users", ["name": name, "domain_id": domainID]).first
    }

    package func role(named name: String) async throws(KeystoneError) -> Entry? {
        // Keystone compares names of roles without regard to case where its database does.
        try await entries("roles", ["name": name]).first
    }

    package func hasRole(_ roleID: String, userID: String, projectID: String) async throws(KeystoneError) -> Bool {
        let path = "/projects/\(Self.escaped(projectID))/users/\(Self.escaped(userID))/roles/\(Self.escaped(roleID))"
        return try await send(.HEAD, path, accepting: [404]).status != 404
    }

    // MARK: - Create

    /// - Throws: ``KeystoneError`` `conflict` when the domain has a project of this name.
    package func createProject(
        named name: String, domainID: String, description: String
    ) async throws(KeystoneError) -> String {
        try await create(
            "project", at: "/projects",
            ["name": .string(name), "domain_id": .string(domainID), "description": .string(description)])
    }

    /// A user that a service logs in as: its password neither expires nor has to be changed first.
    ///
    /// - Throws: ``KeystoneError`` `conflict` when the domain has a user of this name.
    package func createServiceUser(
        named name: String, password: String, domainID: String, description: String
    ) async throws(KeystoneError) -> String {
        try await create(
            "user", at: "/users",
            [
                "name": .string(name), "password": .string(password), "domain_id": .string(domainID),
                "description": .string(description),
                "options": ["ignore_change_password_upon_first_use": true, "ignore_password_expiry": true],
            ])
    }

    /// - Throws: ``KeystoneError`` `conflict` when there is a role of this name.
    package func createRole(named name: String) async throws(KeystoneError) -> String {
        try await create("role", at: "/roles", ["name": .string(name)])
    }

    /// Does nothing when the user has the role already.
    package func assignRole(_ roleID: String, userID: String, projectID: String) async throws(KeystoneError) {
        let path = "/projects/\(Self.escaped(projectID))/users/\(Self.escaped(userID))/roles/\(Self.escaped(roleID))"
        _ = try await send(.PUT, path)
    }

    /// Removes a project that the caller has created, and nothing else of Keystone's with it.
    package func deleteProject(id: String) async throws(KeystoneError) {
        _ = try await send(.DELETE, "/projects/\(Self.escaped(id))", accepting: [404])
    }

    /// Removes a user that the caller has created.
    package func deleteUser(id: String) async throws(KeystoneError) {
        _ = try await send(.DELETE, "/users/\(Self.escaped(id))", accepting: [404])
    }

    // MARK: - Requests

    /// Creates an object and returns its id.
    func create(_ kind: String, at path: String, _ object: JSONObject) async throws(KeystoneError) -> String {
        let answer = try await send(.POST, path, body: .object([kind: .object(object)]))
        guard let id = answer.body?[kind]?["id"]?.stringValue else {
            throw KeystoneError(
                .unavailable, "Keystone at \(connection.url) answers \(answer.status) without the new \(kind)")
        }
        return id
    }

    /// The members of a collection that match.
    func list(
        _ collection: String, _ query: KeyValuePairs<String, String> = [:]
    ) async throws(KeystoneError) -> [JSONValue] {
        let parameters = query.map { "\(Self.escaped($0.key))=\(Self.escaped($0.value))" }.joined(separator: "&")
        let answer = try await send(.GET, "/\(collection)" + (parameters.isEmpty ? "" : "?" + parameters))
        guard let members = answer.body?[collection]?.arrayValue else {
            throw KeystoneError(.unavailable, "Keystone at \(connection.url) answers without a list of \(collection)")
        }
        return members
    }

    private func entries(
        _ collection: String, _ query: KeyValuePairs<String, String>
    ) async throws(KeystoneError) -> [Entry] {
        try await list(collection, query).compactMap { member in
            guard let id = member["id"]?.stringValue, let name = member["name"]?.stringValue else { return nil }
            return Entry(id: id, name: name, isEnabled: member["enabled"]?.boolValue ?? true)
        }
    }

    /// Sends a request as the administrator, with a new token when the one in use has ended.
    ///
    /// - Parameter accepting: statuses besides 2xx that the caller understands.
    func send(
        _ method: HTTPMethod, _ path: String, body: JSONValue? = nil, accepting: Set<Int> = []
    ) async throws(KeystoneError) -> KeystoneConnection.Answer {
        let token = try await serviceToken.token()
        var answer = try await connection.send(.init(method: method, path: path, token: token, body: body))
        if answer.status == 401 {
            let renewed = try await serviceToken.token(insteadOf: token)
            answer = try await connection.send(.init(method: method, path: path, token: renewed, body: body))
        }
        if (200..<300).contains(answer.status) || accepting.contains(answer.status) { return answer }
        let what = "\(method) \(connection.url)\(path.prefix { $0 != "?" })"
        let code: KeystoneError.Code =
            switch answer.status {
            case 401: .credentialsRefused
            case 403: .forbidden
            case 404: .notFound
            case 409: .conflict
            default: .rejected
            }
        let hint = code == .forbidden ? " (user '\(user)' needs the role admin)" : ""
        throw KeystoneError(code, "Keystone answers \(answer.status) to \(what)\(answer.reason)\(hint)")
    }

    /// Percent-encodes what may not stand in a path segment or a query value.
    static func escaped(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.append(Character(Unicode.Scalar(byte)))
            default:
                result += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return result
    }
}
