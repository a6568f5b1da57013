import FoundationEssentials
import JSON
import Logging
import Synchronization

/// Validates tokens with Keystone, and remembers the answers.
///
/// A token that was asked about in the last minutes is answered from memory. When Keystone is away, tokens that it has
/// once called valid go on working until they end by themselves; others get `unavailable`. It recovers by itself.
package final class KeystoneTokenValidator: TokenValidator {
    /// What is remembered, and how much.
    package struct Settings: Hashable, Sendable {
        /// How many tokens are remembered.
        package var cacheLimit = 20_000
        /// How long Keystone's word counts: a revoked token is refused at the latest after this time.
        package var maximumAge = Duration.seconds(300)
        /// How long a token that is not valid is refused without asking again.
        package var refusalAge = Duration.seconds(5)
        /// How many different tokens may be asked about at the same time.
        package var pendingLimit = 512
        package var deadlines = KeystoneDeadlines()

        package init() {}
    }

    private typealias Outcome = Result<Identity, KeystoneError>

    private struct State: Sendable {
        var cache: TokenCache
        var breaker = CircuitBreaker()
        var pending: [TokenDigest: Task<Outcome, Never>] = [:]
    }

    private enum Step: Sendable {
        case answer(Outcome)
        case wait(Task<Outcome, Never>)
    }

    private let connection: KeystoneConnection
    private let serviceToken: ServiceToken
    private let user: String
    private let pendingLimit: Int
    private let clock: @Sendable () -> Moment
    private let logger: Logger
    private let state: Mutex<State>

    /// - Parameters:
    ///   - url: where Keystone answers, such as `http://192.0.2.5:5000`, or its v3 URL.
    ///   - credentials: the user that may validate tokens: role `admin` or `service` on its project.
    ///   - tls: how TLS is verified.
    /// - Throws: ``KeystoneError`` `misconfigured`. Keystone is not asked yet.
    package convenience init(
        url: String, credentials: Credentials, tls: KeystoneTLS = KeystoneTLS(), settings: Settings = Settings(),
        logger: Logger
    ) throws(KeystoneError) {
        try self.init(
            url: url, credentials: credentials, tls: tls, settings: settings, logger: logger, clock: { Moment.now })
    }

    init(
        url: String, credentials: Credentials, tls: KeystoneTLS, settings: Settings, logger: Logger,
        clock: @escaping @Sendable () -> Moment
    ) throws(KeystoneError) {
        connection = try KeystoneConnection(url: url, tls: tls, deadlines: settings.deadlines)
        serviceToken = ServiceToken(connection: connection, credentials: credentials, now: { clock().instant })
        user = credentials.user
        pendingLimit = settings.pendingLimit
        self.clock = clock
        self.logger = logger
        state = Mutex(
            State(
                cache: TokenCache(
                    limit: settings.cacheLimit, maximumAge: settings.maximumAge, refusalAge: settings.refusalAge)))
    }

    package func validate(_ token: String) async throws(KeystoneError) -> Identity {
        try await validate(token, isExpiredAllowed: false)
    }

    package func validate(_ token: String, serviceToken: String) async throws(KeystoneError) -> Identity {
        let service = try await validate(serviceToken)
        var identity: Identity
        do throws(KeystoneError) {
            identity = try await validate(token)
        } catch  where error.code == .unauthorized && (service.hasRole("service") || service.isAdmin) {
            identity = try await validate(token, isExpiredAllowed: true)
        }
        identity.serviceRoles = service.roles
        return identity
    }

    /// Gets the token with which others are validated, so that the first request does not wait for it. Takes as long as
    /// Keystone takes, its deadlines at most; when it fails, the first request asks again.
    package func prepare() async {
        do throws(KeystoneError) {
            _ = try await serviceToken.token()
        } catch {
            logger.warning("Keystone gives no token to validate others with: \(error.message)")
        }
    }

    /// Whether Keystone works, as far as is known, and if not, why.
    package var outage: String? {
        state.withLock { $0.breaker.outage?.message }
    }

    private func validate(_ token: String, isExpiredAllowed: Bool) async throws(KeystoneError) -> Identity {
        guard Self.isPlausible(token) else { throw Self.invalidToken }
        let digest = TokenDigest(token, isExpiredAllowed: isExpiredAllowed)
        switch step(for: token, digest, isExpiredAllowed: isExpiredAllowed) {
        case .answer(let outcome): return try outcome.get()
        case .wait(let task): return try await task.value.get()
        }
    }

    private func step(for token: String, _ digest: TokenDigest, isExpiredAllowed: Bool) -> Step {
        let now = clock()
        return state.withLock { state in
            var stale: Identity?
            switch state.cache.knowledge(of: digest, at: now) {
            case .valid(let identity): return .answer(.success(identity))
            case .invalid(let error): return .answer(.failure(error))
            case .stale(let identity): stale = identity
            case .nothing: break
            }
            if let task = state.pending[digest] {
                guard let stale, !state.breaker.isClosed else { return .wait(task) }
                return .answer(.success(stale))
            }
            guard state.pending.count < pendingLimit else {
                return .answer(stale.map(Outcome.success) ?? .failure(Self.tooMany))
            }
            let permission = state.breaker.permission(at: now.instant)
            if case .refused(let error) = permission {
                return .answer(stale.map(Outcome.success) ?? .failure(error))
            }
            let task = Task { [stale] in
                let outcome = await self.ask(about: token, isExpiredAllowed: isExpiredAllowed)
                return self.learn(outcome, of: digest, stale: stale)
            }
            state.pending[digest] = task
            // Whoever can be answered from memory does not wait for a probe.
            if permission == .probe, let stale { return .answer(.success(stale)) }
            return .wait(task)
        }
    }

    private func learn(_ outcome: Outcome, of digest: TokenDigest, stale: Identity?) -> Outcome {
        let now = clock()
        let (result, change): (Outcome, Change?) = state.withLock { state in
            state.pending[digest] = nil
            switch outcome {
            case .success(let identity):
                state.cache.learn(identity, of: digest, at: now)
                return (outcome, state.breaker.succeeded() ? .recovered : nil)
            case .failure(let error) where error.code == .unauthorized:
                state.cache.learn(refusal: error, of: digest, at: now)
                return (outcome, state.breaker.succeeded() ? .recovered : nil)
            case .failure(let error):
                let began = state.breaker.failed(error, at: now.instant)
                let remembered = stale.flatMap { $0.expiresAt > now.date ? Outcome.success($0) : nil }
                return (remembered ?? outcome, began ? .lost(error) : nil)
            }
        }
        switch change {
        case .lost(let error)?:
            logger.warning("Tokens cannot be validated; known ones go on working: \(error.message)")
        case .recovered?: logger.notice("Keystone validates tokens again")
        case nil: break
        }
        return result
    }

    private enum Change: Sendable {
        case lost(KeystoneError)
        case recovered
    }

    private func ask(about token: String, isExpiredAllowed: Bool) async -> Outcome {
        do throws(KeystoneError) {
            let own = try await serviceToken.token()
            var answer = try await request(token, own: own, isExpiredAllowed: isExpiredAllowed)
            if answer.status == 401 {
                let renewed = try await serviceToken.token(insteadOf: own)
                answer = try await request(token, own: renewed, isExpiredAllowed: isExpiredAllowed)
            }
            switch answer.status {
            case 200:
                guard let body = answer.body else {
                    throw KeystoneError(.unavailable, "Keystone at \(connection.url) answers with something not JSON")
                }
                return .success(try TokenDocument(body).identity)
            case 404: throw Self.invalidToken
            case 401, 403:
                throw KeystoneError(
                    .credentialsRefused,
                    "Keystone at \(connection.url) does not let user '\(user)' validate tokens "
                        + "(\(answer.status)\(answer.reason)): it needs the role admin or service on its project")
            default:
                throw KeystoneError(
                    .unavailable,
                    "\(connection.url) does not answer as a Keystone v3: \(answer.status)\(answer.reason)")
            }
        } catch {
            return .failure(error)
        }
    }

    private func request(
        _ token: String, own: String, isExpiredAllowed: Bool
    ) async throws(KeystoneError) -> KeystoneConnection.Answer {
        try await connection.send(
            .init(
                path: "/auth/tokens?nocatalog" + (isExpiredAllowed ? "&allow_expired=1" : ""), token: own,
                headers: [("x-subject-token", token)]))
    }

    private static let invalidToken = KeystoneError(.unauthorized, "The token is not valid, or no longer")
    private static let tooMany = KeystoneError(
        .unavailable, "too many tokens wait for Keystone's answer at the moment")

    /// What cannot be a token is refused without asking: control characters would end up in a header of ours.
    private static func isPlausible(_ token: String) -> Bool {
        !token.isEmpty && token.utf8.count <= 16_384 && token.utf8.allSatisfy { (0x21...0x7e).contains($0) }
    }
}
