import Logging
import Testing

@testable import Keystone

@Suite struct KeystoneLocatorTests {
    private func locator(_ server: FakeServer, port: Int? = nil) -> KeystoneLocator {
        KeystoneLocator(authProtocol: server.scheme, address: "127.0.0.1", port: port ?? server.port)
    }

    @Test func namedPortIsTakenAsItIs() async throws {
        try await FakeServer.run { server in
            let location = try await locator(server).locate()
            #expect(location == KeystoneLocator.Location(url: server.url))
        }
    }

    @Test func retiredPortFallsBackWithAWarning() async throws {
        try await FakeServer.run { server in
            // Nobody listens on port 1 of loopback; 35357 and 5000 themselves may be in use on this machine.
            let location = try await locator(server, port: 1).locate(fallbackPort: server.port)
            #expect(location.url == server.url)
            #expect(location.warnings.count == 1)
            #expect(location.warnings.first?.contains("'auth_port': '\(server.port)'") == true)
        }
    }

    @Test func versionsPointAtAnotherPath() async throws {
        try await FakeServer.run { server in
            await server.keystone.set(
                versions: [("v2.0", "/identity/v2.0/"), ("v3.14", "/identity/v3/")], prefix: "/identity/v3")
            let location = try await locator(server).locate()
            #expect(location.url == "http://127.0.0.1:\(server.port)/identity/v3")
        }
    }

    /// Whoever talks to Keystone is told where it answers, and finds the path of the v3 API by itself.
    @Test(arguments: ["", "/", "/identity", "/identity/v3/"])
    func everyConnectionFindsTheAPI(below path: String) async throws {
        try await FakeServer.run { server in
            await server.keystone.set(versions: [("v3.14", "/identity/v3/")], prefix: "/identity/v3")
            let credentials = Credentials(user: "admin", password: "adminsecret", project: "admin")
            let url = "http://127.0.0.1:\(server.port)" + path
            let token = try await KeystoneAuthentication(url: url).issueToken(credentials)
            let administration = try KeystoneAdministration(
                url: url, user: "admin", password: "adminsecret", project: "admin")
            #expect(try await administration.project(named: "admin", domainID: "default") != nil)
            let validator = try KeystoneTokenValidator(
                url: url, credentials: credentials, logger: Logger(label: "test"))
            #expect(try await validator.validate(token.text).userName == "admin")
        }
    }

    @Test func theAPIIsLookedForOnce() async throws {
        try await FakeServer.run { server in
            let connection = try KeystoneConnection(url: "http://127.0.0.1:\(server.port)", tls: KeystoneTLS())
            for _ in 1...3 { _ = try await connection.send(.init(path: "")) }
            #expect(await server.keystone.requests("GET", "/v3") == 4)
        }
    }

    @Test func keystoneWithoutVersion3IsSaidSo() async throws {
        try await FakeServer.run { server in
            await server.keystone.set(versions: [("v2.0", "/v2.0/")], prefix: "/v2.0")
            await #expect { try await locator(server).locate() } throws: {
                ($0 as? KeystoneError)?.message.contains("offers v2.0, and Skein needs v3") == true
            }
        }
    }

    @Test func somethingElseIsNoKeystone() async throws {
        try await FakeServer.run { server in
            await server.keystone.set(fault: .garbage)
            await #expect { try await locator(server).locate() } throws: {
                ($0 as? KeystoneError)?.message.contains("not as a Keystone") == true
            }
        }
    }

    @Test func everyAttemptIsInTheError() async throws {
        let locator = KeystoneLocator(authProtocol: "http", address: "127.0.0.1", port: 1)
        await #expect { try await locator.locate(fallbackPort: 2) } throws: {
            let error = $0 as? KeystoneError
            return error?.code == .unavailable
                && error?.message.contains("127.0.0.1:1 cannot be used") == true
                && error?.message.contains("127.0.0.1:2 cannot be used") == true
        }
    }

    @Test func addressOfVersion6StandsInBrackets() async throws {
        let locator = KeystoneLocator(authProtocol: "http", address: "::1", port: 1)
        await #expect { try await locator.locate() } throws: {
            ($0 as? KeystoneError)?.message.contains("http://[::1]:1") == true
        }
    }
}
