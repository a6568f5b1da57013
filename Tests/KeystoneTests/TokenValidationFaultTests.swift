import FoundationEssentials
import Logging
import Synchronization
import Testing

@testable import Keystone

/// Keystone slow, broken, gone and back; tokens revoked and ended; many at once.
@Suite struct TokenValidationFaultTests {
    /// A clock that the test moves.
    final class ManualClock: Sendable {
        private let moment = Mutex(Moment.now)
        var now: Moment { moment.withLock { $0 } }

        func advance(by seconds: Int) {
            moment.withLock {
                $0.date.addTimeInterval(TimeInterval(seconds))
                $0.instant += .seconds(seconds)
            }
        }
    }

    private let clock = ManualClock()
    private static let admin = Credentials(user: "admin", password: "adminsecret", project: "admin")

    private func makeValidator(
        _ server: FakeServer, deadlines: KeystoneDeadlines = .init(connect: .milliseconds(300), total: .seconds(1))
    ) throws -> KeystoneTokenValidator {
        var settings = KeystoneTokenValidator.Settings()
        settings.deadlines = deadlines
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return try KeystoneTokenValidator(
            url: server.url, credentials: Self.admin, tls: KeystoneTLS(), settings: settings, logger: logger,
            clock: { [clock] in clock.now })
    }

    private func newToken(_ server: FakeServer) async throws -> String {
        try await KeystoneAuthentication(url: server.url).issueToken(Self.admin).text
    }

    private func code(_ validator: KeystoneTokenValidator, _ token: String) async -> KeystoneError.Code? {
        do throws(KeystoneError) {
            _ = try await validator.validate(token)
            return nil
        } catch {
            return error.code
        }
    }

    @Test func knownTokenCostsNoRequest() async throws {
        try await FakeServer.run { server in
            let validator = try makeValidator(server)
            let token = try await newToken(server)
            for _ in 0..<100 { _ = try await validator.validate(token) }
            #expect(await server.keystone.requests("GET", "/v3/auth/tokens") == 1)
        }
    }

    @Test func preparedValidatorAsksOnlyAboutTheToken() async throws {
        try await FakeServer.run { server in
            let validator = try makeValidator(server)
            let token = try await newToken(server)
            await validator.prepare()
            await server.keystone.forgetRequests()
            _ = try await validator.validate(token)
            #expect(await server.keystone.requests("POST", "/v3/auth/tokens") == 0)
            #expect(await server.keystone.requests("GET", "/v3/auth/tokens") == 1)
        }
    }

    @Test func preparationWithoutKeystoneLeavesItToTheFirstRequest() async throws {
        try await FakeServer.run { server in
            let validator = try makeValidator(server)
            let token = try await newToken(server)
            await server.keystone.set(fault: .status(500))
            await validator.prepare()
            await server.keystone.set(fault: .none)
            _ = try await validator.validate(token)
        }
    }

    @Test func hundredAtOnceShareOneRequest() async throws {
        try await FakeServer.run { server in
            let validator = try makeValidator(server)
            let token = try await newToken(server)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<100 { group.addTask { _ = try await validator.validate(token) } }
                try await group.waitForAll()
            }
            #expect(await server.keystone.requests("GET", "/v3/auth/tokens") == 1)
        }
    }

    @Test func revokedTokenEndsWithTheMaximumAge() async throws {
        try await FakeServer.run { server in
            let validator = try makeValidator(server)
            let token = try await newToken(server)
            _ = try await validator.validate(token)
            await server.keystone.revoke(token)
            #expect(await code(validator, token) == nil)
            clock.advance(by: 301)
            #expect(await code(validator, token) == .unauthorized)
        }
    }

    @Test func refusalIsRememberedShortly() async throws {
        try await FakeServer.run { server in
            let validator = try makeValidator(server)
            for _ in 0..<10 { #expect(await code(validator, "wrong") == .unauthorized) }
            #expect(await server.keystone.requests("GET", "/v3/auth/tokens") == 1)
            clock.advance(by: 6)
            #expect(await code(validator, "wrong") == .unauthorized)
            #expect(await server.keystone.requests("GET", "/v3/auth/tokens") == 2)
        }
    }

    @Test func serviceTokenIsRenewedWhenItIsRefused() async throws {
        try await FakeServer.run { server in
            let validator = try makeValidator(server)
            _ = try await validator.validate(try await newToken(server))
            await server.keystone.revokeAllTokens()
            _ = try await validator.validate(try await newToken(server))
        }
    }

    @Test func serviceTokenIsRenewedBeforeItEnds() async throws {
        try await FakeServer.run { server in
            let validator = try makeValidator(server)
            let first = try await newToken(server)
            await server.keystone.forgetRequests()
            #expect(await code(validator, first) == nil)
            clock.advance(by: 3600 * 4 / 5)
            #expect(await code(validator, "wrong") == .unauthorized)
            #expect(await server.keystone.requests("POST", "/v3/auth/tokens") == 2)
            #expect(await server.keystone.requests("GET", "/v3/auth/tokens") == 2)
        }
    }

    @Test func endedTokenOfALongOperationNeedsAServiceToken() async throws {
        try await FakeServer.run { server in
            let validator = try makeValidator(server)
            let user = try await newToken(server)
            let service = try await newToken(server)
            await server.keystone.expire(user)
            #expect(await code(validator, user) == .unauthorized)
            let identity = try await validator.validate(user, serviceToken: service)
            #expect(identity.userName == "admin")
            #expect(identity.serviceRoles.contains("admin"))
            #expect(await code(validator, user) == .unauthorized)
        }
    }

    @Test(arguments: [
        FakeKeystone.Fault.status(500), .status(503), .garbage, .huge, .silence, .stuckBody,
    ])
    func brokenKeystoneIsUnavailableAndRecovers(_ fault: FakeKeystone.Fault) async throws {
        try await FakeServer.run { server in
            let validator = try makeValidator(server)
            let known = try await newToken(server)
            let other = try await newToken(server)
            _ = try await validator.validate(known)
            clock.advance(by: 301)
            await server.keystone.set(fault: fault)

            let start = ContinuousClock.now
            #expect(await code(validator, other) == .unavailable)
            #expect(await code(validator, known) == nil)
            #expect(start.duration(to: .now) < .seconds(4))

            await server.keystone.set(fault: .none)
            clock.advance(by: 2)
            #expect(await code(validator, other) == nil)
            #expect(validator.outage == nil)
        }
    }

    @Test func tokenThatEndsDuringAnOutageIsNotServed() async throws {
        try await FakeServer.run { server in
            let validator = try makeValidator(server)
            let token = try await newToken(server)
            _ = try await validator.validate(token)
            await server.keystone.set(fault: .status(503))
            clock.advance(by: 3500)
            #expect(await code(validator, token) == nil)
            clock.advance(by: 200)
            #expect(await code(validator, token) == .unavailable)
        }
    }

    @Test func requestsDoNotPileUpBeforeADeadKeystone() async throws {
        let (port, validator, known) = try await FakeServer.run {
            (server) async throws -> (Int, KeystoneTokenValidator, String) in
            let validator = try makeValidator(server)
            let known = try await newToken(server)
            _ = try await validator.validate(known)
            return (server.port, validator, known)
        }
        #expect(await code(validator, "first") == .unavailable)
        let start = ContinuousClock.now
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<500 {
                group.addTask {
                    let unknown = await code(validator, "other-\(index)")
                    #expect(unknown == .unavailable)
                }
                group.addTask {
                    let remembered = await code(validator, known)
                    #expect(remembered == nil)
                }
            }
        }
        #expect(start.duration(to: .now) < .seconds(1))
        #expect(validator.outage?.contains("connection refused") == true)

        // A new Keystone at the same place has other tokens.
        try await FakeServer.run(port: port) { server in
            let token = try await newToken(server)
            clock.advance(by: 2)
            #expect(await code(validator, token) == nil)
        }
    }

    @Test func refusedCredentialsAreNotRepeated() async throws {
        try await FakeServer.run { server in
            var settings = KeystoneTokenValidator.Settings()
            settings.cacheLimit = 10
            let wrong = try KeystoneTokenValidator(
                url: server.url, credentials: Credentials(user: "admin", password: "wrong", project: "admin"),
                tls: KeystoneTLS(), settings: settings, logger: Logger(label: "test"), clock: { [clock] in clock.now })
            for index in 0..<20 { #expect(await code(wrong, "token-\(index)") == .credentialsRefused) }
            #expect(await server.keystone.requests("POST", "/v3/auth/tokens") == 1)
        }
    }
}
