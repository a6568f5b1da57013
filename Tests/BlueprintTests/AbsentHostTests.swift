import Blueprint
import Testbed
import Testing

/// Hosts that do not answer: the others go on naming them, byte for byte as before.
@Suite struct AbsentHostTests {
    @Test(arguments: 1...3) func theOthersFilesStayAsTheyWere(_ absent: Int) throws {
        let testbed = try Fixture.testbed()
        let all = try Fixture.blueprint(testbed)
        var facts = try Fixture.facts(of: testbed)
        let others = facts.filter { $0.host != "c\(absent)" }
        facts[absent - 1] = .assumed(of: testbed.hosts[absent - 1], beside: others)
        let without = try Blueprint(testbed: testbed, facts: facts, secrets: Fixture.secrets(of: testbed))
        #expect(!without.stages.flatMap(\.hosts).contains { $0.host == "c\(absent)" })
        for host in others.map(\.host) {
            func files(_ blueprint: Blueprint) -> [Resource] {
                blueprint.stages.flatMap { blueprint.resources($0.name, host) }.filter {
                    if case .file = $0 { true } else { false }
                }
            }
            #expect(files(without) == files(all))
        }
    }

    @Test func theBrokerIsNotAwaitedOnAHostThatIsAway() throws {
        let testbed = try Fixture.testbed()
        var facts = try Fixture.facts(of: testbed)
        facts[2] = .assumed(of: testbed.hosts[2], beside: Array(facts[..<2]))
        let blueprint = try Blueprint(testbed: testbed, facts: facts, secrets: Fixture.secrets(of: testbed))
        let readiness = try #require(
            blueprint.service(DeploymentUnit.broker, "c1")?.readiness)
        // Most of its own cluster is what it waits for: no host by its name.
        #expect(!readiness.contains("172.16.41."))
    }

    @Test func anUnknownAddressOnTheNetworkOfAVirtualIPIsSaid() throws {
        var testbed = try Fixture.testbed()
        // Its testbed address is on neither network.
        testbed.hosts[2] = .init(
            hostString: "root@198.51.100.3", name: "c3", user: "root", address: "198.51.100.3", roles: Fixture.roles)
        var facts = try Fixture.facts(of: testbed)
        facts[2] = .assumed(of: testbed.hosts[2], beside: Array(facts[..<2]))
        let error = try #require(throws: BlueprintError.self) {
            try Blueprint(testbed: testbed, facts: facts, secrets: Fixture.secrets(of: testbed))
        }
        #expect(error.problems.allSatisfy { $0.host == "c3" && $0.message.contains("does not answer") })
    }

    @Test(arguments: [
        ("debian", "12", KnownSystem.Verdict.known), ("debian", "13", .known), ("debian", "14", .newer),
        ("debian", "11", .unknown), ("ubuntu", "22.04", .known), ("ubuntu", "24.04", .known),
        ("ubuntu", "26.04", .newer),
        ("ubuntu", "20.04", .unknown), ("centos", "9", .unknown), ("debian", "", .unknown),
    ]) func systems(_ distribution: String, _ version: String, _ verdict: KnownSystem.Verdict) {
        #expect(KnownSystem.verdict(distribution, version) == verdict)
    }

    @Test func packageVersionsAreNumbers() {
        #expect(KnownSystem.numbers(ofPackageVersion: "1:3.10.8-1.1+deb12u1") == [3, 10, 8])
        #expect(KnownSystem.numbers(ofPackageVersion: "3.4.30-1build1") == [3, 4, 30])
        #expect(KnownSystem.numbers(ofPackageVersion: "unknown") == [])
    }

    @Test func aMixedClusterGetsWhatItsOldestBrokerNeeds() throws {
        let testbed = try Fixture.testbed()
        var facts = try Fixture.facts(of: testbed, broker: "4.0.5-8")
        #expect(try !definitions(testbed, facts).contains("ha-all"))
        facts[1].packageVersions["rabbitmq-server"] = "3.10.8-1.1+deb12u1"
        #expect(try definitions(testbed, facts).contains("ha-all"))
    }

    private func definitions(_ testbed: Testbed, _ facts: [HostFacts]) throws -> String {
        let blueprint = try Blueprint(testbed: testbed, facts: facts, secrets: Fixture.secrets(of: testbed))
        return try #require(blueprint.file(DeploymentPath.brokerDefinitions, "c1")?.content)
    }
}
