import FoundationEssentials

/// Validates a fixed set of tokens, for the embedded controller and for tests: no Keystone, nothing expires.
package struct StaticTokenValidator: TokenValidator {
    private let identities: [TokenDigest: Identity]

    /// - Parameter identities: each token with what it stands for.
    package init(_ identities: [String: Identity]) {
        self.identities = Dictionary(uniqueKeysWithValues: identities.map { (TokenDigest($0.key), $0.value) })
    }

    /// One token that stands for ``developer``, and perhaps one that stands for ``tenant``.
    package init(developmentToken token: String, tenantToken: String? = nil) {
        var identities = [token: Self.developer]
        if let tenantToken { identities[tenantToken] = Self.tenant }
        self.init(identities)
    }

    package func validate(_ token: String) async throws(KeystoneError) -> Identity {
        guard let identity = identities[TokenDigest(token)] else {
            throw KeystoneError(.unauthorized, "The token is not valid")
        }
        return identity
    }

    /// An administrator in project `admin` of domain Default.
    package static let developer = Identity(
        userID: "00000000000000000000000000000001", userName: "developer",
        projectID: "00000000000000000000000000000002", projectName: "admin", roles: ["admin", "member", "reader"],
        expiresAt: .distantFuture)

    /// An ordinary member of a project of its own, `tenant` of domain Default.
    package static let tenant = Identity(
        userID: "00000000000000000000000000000003", userName: "tenant",
        projectID: "00000000000000000000000000000004", projectName: "tenant", roles: ["member", "reader"],
        expiresAt: .distantFuture)

    /// A new token of 128 bits from the system's random source, as 32 hexadecimal digits.
    package static func makeToken() -> String {
        (0..<2).map { _ in
            let digits = String(UInt64.random(in: .min ... .max), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}
