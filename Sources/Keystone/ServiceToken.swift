import FoundationEssentials

/// The token with which Skein itself talks to Keystone. Renewed before it ends; however many need it, one asks.
actor ServiceToken {
    private struct Token {
        var text: String
        var renewAfter: ContinuousClock.Instant
    }

    private let connection: KeystoneConnection
    private let credentials: Credentials
    private let now: @Sendable () -> ContinuousClock.Instant
    private var current: Token?
    private var renewal: Task<Result<Token, KeystoneError>, Never>?

    init(
        connection: KeystoneConnection, credentials: Credentials,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.now = now
        self.connection = connection
        self.credentials = credentials
    }

    /// A token that should work.
    ///
    /// - Parameter refused: the token that Keystone has just refused, when there is one.
    /// - Throws: ``KeystoneError`` `credentialsRefused`, `unavailable`.
    func token(insteadOf refused: String? = nil) async throws(KeystoneError) -> String {
        if let current, current.text != refused, now() < current.renewAfter { return current.text }
        let renewal = self.renewal ?? startRenewal()
        let result = await renewal.value
        if self.renewal == renewal {
            self.renewal = nil
            current = try? result.get()
        }
        return try result.get().text
    }

    private func startRenewal() -> Task<Result<Token, KeystoneError>, Never> {
        let task = Task { [connection, credentials, now] () -> Result<Token, KeystoneError> in
            do throws(KeystoneError) {
                let asked = now()
                let (text, document) = try await connection.issueToken(credentials)
                let life = document.identity.expiresAt.timeIntervalSince(document.issuedAt)
                // Both dates are Keystone's, so a wrong clock here does no harm; a fifth of the life is left over.
                return .success(Token(text: text, renewAfter: asked + .seconds(max(0, life) * 0.8)))
            } catch {
                guard error.code == .unauthorized else { return .failure(error) }
                return .failure(
                    KeystoneError(
                        .credentialsRefused,
                        "\(error.message). Skein validates tokens as this user: check its password and its role"))
            }
        }
        renewal = task
        return task
    }
}
