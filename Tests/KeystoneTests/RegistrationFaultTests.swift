import HTTPTypes
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

    /// Each kind of request that registering makes; the region is the lock.
    @Test(
        arguments: [
            (HTTPRequest.Method.post, "projects"), (.post, "users"), (.put, "projects"), (.post, "regions"),
            (.post, "services"), (.post, "endpoints"), (.delete, "regions"),
        ], [true, false])
    func whatFailsIsDoneOnce(request: (method: HTTPRequest.Method, collection: String), isDone: Bool) async throws {
        try await FakeServer.run { server in
            let administration = try administration(server)
            await server.keystone.set(fault: .failing(request.method, request.collection, left: 1, areDone: isDone))
            let report = try await administration.register(Self.registration, lockPatience: .milliseconds(1))
            #expect(report.isComplete, "\(report.text)")
            #expect(
                await server.keystone.fault
                    == .failing(request.method, request.collection, left: 0, areDone: isDone))
            #expect(try await administration.list("services", ["type": "network"]).count == 1)
            #expect(try await administration.list("endpoints").count == 3)
            #expect(try await administration.list("regions").count == 1)
        }
    }

    @Test func creationsThatFailForGoodAreToldWithKeystonesWords() async throws {
        try await FakeServer.run { server in
            let administration = try administration(server)
            await server.keystone.set(fault: .failing(.post, "services", left: 100, areDone: false))
            await #expect { try await administration.register(Self.registration) } throws: { error in
                let error = error as? KeystoneError
                return error?.code == .unavailable && error?.message.contains("500") == true
            }
        }
    }
}
