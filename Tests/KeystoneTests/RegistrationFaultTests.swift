import Testing

@testable import Keystone

/// A Keystone whose database ends transactions while Neutron is registered.
@Suite struct RegistrationFaultTests {
    private static let registration = NeutronRegistration(
        password: "secret-of-neutron", publicURL: "http://10.88.125.75:9696",
        internalURL: "http://172.16.41.100:9696", adminURL: "http://172.16.41.100:9696")

    private func administration(_ server: FakeServer) throws -> KeystoneAdministration {
        try KeystoneAdministration(url: server.url, user: "admin", password: "adminsecret", project: "admin")
    }

    /// The first creations are those of the project and the user, the later ones those of the lock and the service.
    @Test(arguments: [1, 2, 3, 4])
    func creationsThatFailAreMadeOnce(count: Int) async throws {
        try await FakeServer.run { server in
            let administration = try administration(server)
            await server.keystone.set(fault: .creations(count))
            let report = try await administration.register(Self.registration, lockPatience: .milliseconds(1))
            #expect(report.isComplete, "\(report.text)")
            #expect(await server.keystone.fault == .creations(0))
            #expect(try await administration.list("services", ["type": "network"]).count == 1)
            #expect(try await administration.list("endpoints").count == 3)
            #expect(try await administration.list("regions").count == 1)
        }
    }

    @Test func creationsThatFailForGoodAreToldWithKeystonesWords() async throws {
        try await FakeServer.run { server in
            let administration = try administration(server)
            await server.keystone.set(fault: .creations(100))
            await #expect { try await administration.register(Self.registration) } throws: { error in
                let error = error as? KeystoneError
                return error?.code == .unavailable && error?.message.contains("500") == true
            }
        }
    }
}
