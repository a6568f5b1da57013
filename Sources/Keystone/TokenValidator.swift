/// Tells who a token stands for.
package protocol TokenValidator: Sendable {
    /// - Parameter token: the content of `X-Auth-Token`.
    /// - Throws: ``KeystoneError`` `unauthorized` (401); `unavailable` and `credentialsRefused` (503 with the message).
    func validate(_ token: String) async throws(KeystoneError) -> Identity

    /// The same for a request that another service makes on behalf of a user. With a valid service token of role
    /// `service` or `admin` the user's token may have ended in the meantime: long operations of Nova need that.
    ///
    /// - Parameters:
    ///   - token: the content of `X-Auth-Token`.
    ///   - serviceToken: the content of `X-Service-Token`.
    /// - Throws: as ``validate(_:)``; also `unauthorized` when the service token is not valid.
    func validate(_ token: String, serviceToken: String) async throws(KeystoneError) -> Identity
}

extension TokenValidator {
    package func validate(_ token: String, serviceToken: String) async throws(KeystoneError) -> Identity {
        let service = try await validate(serviceToken)
        var identity = try await validate(token)
        identity.serviceRoles = service.roles
        return identity
    }
}
