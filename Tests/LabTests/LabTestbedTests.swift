import Addressing
import Testbed
import Testing

@testable import Lab

/// The testbed file of a lab, read with the product's own reader.
@Suite struct LabTestbedTests {
    private func read(_ plan: LabPlan) -> TestbedReader.Reading {
        TestbedReader.read(
            source: LabTestbed.render(plan, adminPassword: "Secret0", keyFile: "/var/lib/skein-lab/lab/key"),
            fileName: "testbed.py", environment: [:], homeDirectory: "/root")
    }

    @Test func theUsualLabIsReadWithoutWarning() throws {
        let reading = read(try LabPlan(name: .standard, computes: 2))
        #expect(reading.count(.error) == 0)
        #expect(reading.count(.warning) == 0)
        let testbed = try #require(reading.testbed)
        #expect(
            testbed.hosts.map(\.name) == [
                "controller1", "controller2", "controller3", "compute1", "compute2", "openstack",
            ])
        #expect(testbed.hosts(in: .cfgm).map(\.controlAddress) == ["10.78.0.11", "10.78.0.12", "10.78.0.13"])
        #expect(testbed.hosts(in: .database).count == 3)
        #expect(testbed.hosts(in: .compute).map(\.address) == ["10.77.0.51", "10.77.0.52"])
        #expect(testbed.hosts.filter { !$0.isManaged }.map(\.name) == ["openstack"])
        #expect(testbed.internalVIP?.address.description == "10.78.0.100")
        #expect(testbed.externalVIP?.address.description == "10.77.0.100")
        #expect(testbed.internalVIP?.virtualRouterID != testbed.externalVIP?.virtualRouterID)
        #expect(testbed.keystone?.address == "10.77.0.5")
        #expect(testbed.keystone?.authPort == 5000)
        #expect(testbed.keystone?.adminPassword == "Secret0")
        #expect(testbed.keystone?.managesNeutron == true)
        #expect(testbed.keyFile == "/var/lib/skein-lab/lab/key")
    }

    @Test func oneControllerHasNoHighAvailability() throws {
        let reading = read(try LabPlan(name: .standard, controllers: 1))
        #expect(reading.count(.error) == 0)
        #expect(reading.testbed?.internalVIP == nil)
    }
}
