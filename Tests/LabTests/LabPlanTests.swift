import Testing

@testable import Lab

@Suite struct LabPlanTests {
    @Test func theUsualLab() throws {
        let plan = try LabPlan(name: .standard)
        #expect(plan.hosts.map(\.name) == ["controller1", "controller2", "controller3", "openstack", "client"])
        #expect(
            plan.hosts.map { $0.address(on: .management) } == [
                "10.77.0.11", "10.77.0.12", "10.77.0.13", "10.77.0.5", "10.77.0.9",
            ])
        #expect(plan.hosts[0].address(on: .control) == "10.78.0.11")
        #expect(plan.keystoneURL == "http://10.77.0.5:5000/v3")
        #expect(plan.serviceAddress(on: .management) == "10.77.0.100")
    }

    @Test func aSingleControllerHasNoVirtualAddress() throws {
        let plan = try LabPlan(name: .standard, controllers: 1, withOpenStack: false)
        #expect(!plan.isHighlyAvailable)
        #expect(plan.serviceAddress(on: .management) == "10.77.0.11")
        #expect(plan.keystoneURL == nil)
    }

    /// The largest lab: every address, hardware address and port name is one host's only, and fits the kernel's limit.
    @Test func nothingIsGivenTwice() throws {
        let plan = try LabPlan(name: .standard, controllers: 9, computes: 20)
        for network in LabPlan.Network.allCases {
            let taken = plan.hosts.map { $0.address(on: network) } + [network.gateway, network.virtualIP]
            #expect(Set(taken).count == taken.count)
            #expect(Set(plan.hosts.map { network.macAddress($0.number) }).count == plan.hosts.count)
        }
        let ports = plan.hosts.flatMap { host in LabPlan.Network.allCases.map { host.port(on: $0) } }
        #expect(Set(ports).count == ports.count)
        // IFNAMSIZ is 16 with the terminating zero.
        #expect(ports.allSatisfy { $0.utf8.count <= 15 })
    }

    @Test(arguments: [(0, 0), (10, 0), (-1, 0), (3, 21), (3, -1)])
    func refusesImpossibleSizes(controllers: Int, computes: Int) {
        let error = #expect(throws: LabError.self) {
            try LabPlan(name: .standard, controllers: controllers, computes: computes)
        }
        #expect(error?.code == .invalidRequest)
    }

    @Test func anUnknownHostIsNamedWithTheKnownOnes() throws {
        let plan = try LabPlan(name: .standard, controllers: 1)
        let error = #expect(throws: LabError.self) { try plan.host(named: "controller2") }
        #expect(error?.code == .notFound)
        #expect(error?.message.contains("controller1, openstack, client") == true)
    }

    @Test func forwardsGoToTheVirtualAddressAndToKeystone() throws {
        let forwards = Forward.wanted(by: try LabPlan(name: .standard))
        #expect(forwards.map(\.loopbackPort) == [18143, 19696, 18082, 18081, 15000])
        #expect(forwards.map(\.address) == Array(repeating: "10.77.0.100", count: 4) + ["10.77.0.5"])
        #expect(Forward.wanted(by: try LabPlan(name: .standard, withOpenStack: false)).count == 4)
    }
}
