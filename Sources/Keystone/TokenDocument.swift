import FoundationEssentials
import JSON

/// The `token` object that Keystone answers with when a token is issued or validated.
struct TokenDocument: Hashable, Sendable {
    var identity: Identity
    /// When Keystone made the token; with the identity's `expiresAt` its whole life by one and the same clock.
    var issuedAt: Date
    /// Empty when it was not asked for.
    var catalogue: [CatalogueEndpoint]

    /// - Throws: ``KeystoneError`` `unavailable` when it is not what the v3 API describes.
    init(_ answer: JSONValue) throws(KeystoneError) {
        guard let token = answer["token"],
            let user = token["user"],
            let userID = user["id"]?.stringValue,
            let userName = user["name"]?.stringValue,
            let expiresAt = token["expires_at"]?.stringValue.flatMap(Self.date)
        else { throw KeystoneError(.unavailable, "Keystone's answer holds no token as the v3 API describes it") }
        let project = token["project"]
        let roles = token["roles"]?.arrayValue ?? []
        identity = Identity(
            userID: userID, userName: userName,
            userDomainID: user["domain"]?["id"]?.stringValue ?? "",
            userDomainName: user["domain"]?["name"]?.stringValue ?? "",
            projectID: project?["id"]?.stringValue, projectName: project?["name"]?.stringValue,
            projectDomainID: project?["domain"]?["id"]?.stringValue,
            projectDomainName: project?["domain"]?["name"]?.stringValue,
            roles: roles.compactMap { $0["name"]?.stringValue }, expiresAt: expiresAt)
        catalogue = (token["catalog"]?.arrayValue ?? []).flatMap { service in
            (service["endpoints"]?.arrayValue ?? []).compactMap { endpoint in
                guard let type = service["type"]?.stringValue, let interface = endpoint["interface"]?.stringValue,
                    let url = endpoint["url"]?.stringValue
                else { return nil }
                return CatalogueEndpoint(
                    type: type, interface: interface, region: endpoint["region_id"]?.stringValue ?? "", url: url)
            }
        }
        issuedAt = token["issued_at"]?.stringValue.flatMap(Self.date) ?? expiresAt
    }

    private static func date(_ text: String) -> Date? {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        return (try? style.parse(text)) ?? (try? Date.ISO8601FormatStyle().parse(text))
    }
}
