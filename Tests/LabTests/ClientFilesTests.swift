import Testing

@testable import Lab

@Suite struct ClientFilesTests {
    @Test func cloudsForBothSides() throws {
        let plan = try LabPlan(name: .standard)
        var forwards = Forward.wanted(by: plan)
        for index in forwards.indices where forwards[index].service == .neutron { forwards[index].loopbackPort = 4321 }
        let text = ClientFiles.cloudsYAML(plan, adminPassword: "pw", forwards: forwards)
        #expect(text.contains("  skein:\n    auth:\n      auth_url: http://127.0.0.1:15000/v3\n"))
        #expect(text.contains("    network_endpoint_override: http://127.0.0.1:4321/v2.0\n"))
        #expect(text.contains("  skein-inside:\n    auth:\n      auth_url: http://10.77.0.5:5000/v3\n"))
        #expect(text.hasPrefix(ClientFiles.marker(.standard) + "\n"))
    }

    /// Without forwards there is nothing to reach from outside: a cloud that cannot work is not offered.
    @Test func noCloudOutsideWithoutForwards() throws {
        let text = ClientFiles.cloudsYAML(try LabPlan(name: .standard), adminPassword: "pw", forwards: [])
        #expect(!text.contains("  skein:\n"))
        #expect(text.contains("  skein-inside:\n"))
    }

    @Test func openrcIsForInside() throws {
        let text = ClientFiles.openrc(try LabPlan(name: .standard), adminPassword: "pw")
        #expect(text.contains("export OS_AUTH_URL='http://10.77.0.5:5000/v3'\n"))
        #expect(text.contains("export OS_PASSWORD='pw'\n"))
    }
}
