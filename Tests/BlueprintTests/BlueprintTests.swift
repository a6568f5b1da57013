import Addressing
import Blueprint
import JSON
import Testbed
import Testing

@Suite struct BlueprintTests {
    @Test func stagesComeInTheOrderThatQuorumNeeds() throws {
        let blueprint = try Fixture.blueprint(Fixture.testbed())
        #expect(
            blueprint.stages.map(\.name)
                == ["packages", "certificates", "store", "broker", "controller", "proxy", "vip"])
        #expect(blueprint.stages.allSatisfy { $0.hosts.map(\.host) == ["c1", "c2", "c3"] })
        #expect(blueprint.notes == [])
    }

    @Test func eachRoleOnItsOwnHost() throws {
        let placement: [[Role]] = [
            [.cfgm], [.cfgm], [.database], [.database], [.database], [.webui], [.collector], [.compute],
        ]
        let hosts = try placement.enumerated().map { try Fixture.host($0.offset + 1, roles: $0.element) }
        let blueprint = try Fixture.blueprint(Fixture.testbed(hosts: hosts))
        func members(of stage: String) -> [String] {
            blueprint.stages.first { $0.name == stage }?.hosts.map(\.host) ?? []
        }
        #expect(members(of: "store") == ["c3", "c4", "c5"])
        #expect(members(of: "broker") == ["c1", "c2"])
        #expect(members(of: "controller") == ["c1", "c2", "c6", "c7"])
        #expect(members(of: "vip") == ["c1", "c2"])
        #expect(members(of: "packages") == ["c1", "c2", "c3", "c4", "c5", "c6", "c7"])
        let proxy = try #require(blueprint.file(DeploymentPath.proxyConfiguration, "c1")?.content)
        #expect(proxy.contains("server c6 172.16.41.6:18143 check-ssl"))
        #expect(proxy.contains("server c7 172.16.41.7:18081"))
        #expect(!proxy.contains("172.16.41.3"))
        let console = try #require(blueprint.file(DeploymentPath.controller, "c6"))
        let configuration = try ControllerConfiguration(parsing: console.content.utf8)
        #expect(configuration.roles == ["console"])
        #expect(configuration.storeEndpoints.count == 3)
    }

    @Test func withoutVirtualIPsThereIsNoKeepalived() throws {
        var testbed = try Fixture.testbed(hosts: [Fixture.host(1)])
        testbed.internalVIP = nil
        testbed.externalVIP = nil
        let blueprint = try Fixture.blueprint(testbed)
        #expect(blueprint.stages.map(\.name) == ["packages", "certificates", "store", "broker", "controller", "proxy"])
        let names = blueprint.resources("packages", "c1").flatMap { resource in
            if case .packages(let names) = resource { names } else { [String]() }
        }
        #expect(names.contains("haproxy") && !names.contains("keepalived"))
        #expect(blueprint.notes.count == 2)
    }

    @Test func withoutAnExternalVirtualIPThereIsOneInstance() throws {
        var testbed = try Fixture.testbed()
        testbed.externalVIP = nil
        let text = try #require(Fixture.blueprint(testbed).file(DeploymentPath.keepalivedConfiguration, "c2")?.content)
        #expect(text.contains("vrrp_instance INTERNAL_172_16_41_100 {"))
        #expect(!text.contains("EXTERNAL") && !text.contains("vrrp_sync_group"))
        #expect(text.contains("    track_file {\n        health\n        term\n    }"))
    }

    @Test func equalVirtualIPsAreOneInstance() throws {
        var testbed = try Fixture.testbed()
        testbed.externalVIP = testbed.internalVIP
        let text = try #require(Fixture.blueprint(testbed).file(DeploymentPath.keepalivedConfiguration, "c1")?.content)
        #expect(!text.contains("EXTERNAL"))
    }

    @Test func prioritiesDiffer() throws {
        let blueprint = try Fixture.blueprint(Fixture.testbed())
        let priorities = try ["c1", "c2", "c3"].map { host in
            try #require(
                blueprint.file(DeploymentPath.keepalivedConfiguration, host)?.content.split(separator: "\n").first {
                    $0.contains(" priority ")
                })
        }
        #expect(Set(priorities).count == 3)
    }

    @Test func brokersWithoutMirroringGetNoPolicy() throws {
        let testbed = try Fixture.testbed()
        let blueprint = try Blueprint(
            testbed: testbed, facts: Fixture.facts(of: testbed, broker: "1:4.0.5-8"),
            secrets: Fixture.secrets(of: testbed))
        let definitions = try #require(blueprint.file(DeploymentPath.brokerDefinitions, "c1")?.content)
        let policies = try #require(JSONValue(parsing: definitions)["policies"]?.arrayValue)
        #expect(policies.map { $0["name"]?.stringValue } == ["limited"])
        #expect(!definitions.contains("ha-mode"))
        #expect(blueprint.notes.contains { $0.contains("ha-all is left out") })
    }

    @Test func problemsAreReportedAllAtOnce() throws {
        var testbed = try Fixture.testbed()
        let facts = try Fixture.facts(of: testbed)
        testbed.internalVIP = .init(address: try Fixture.address("192.0.2.1"), virtualRouterID: 100)
        let error = #expect(throws: BlueprintError.self) {
            try Blueprint(testbed: testbed, facts: facts, secrets: Fixture.secrets(of: testbed))
        }
        #expect(error?.problems.map(\.host) == ["c1", "c2", "c3"])
        #expect(error?.description.contains("internal virtual IP 192.0.2.1") == true)

        let missing = #expect(throws: BlueprintError.self) {
            try Blueprint(testbed: testbed, facts: [], secrets: Fixture.secrets(of: testbed))
        }
        #expect(missing?.problems.count == 3)
    }

    @Test func aHostWithoutItsControlAddressIsRefused() throws {
        let testbed = try Fixture.testbed()
        var facts = try Fixture.facts(of: testbed)
        facts[1].interfaces.removeLast()
        let error = #expect(throws: BlueprintError.self) {
            try Blueprint(testbed: testbed, facts: facts, secrets: Fixture.secrets(of: testbed))
        }
        #expect(error?.problems.map(\.host) == ["c2"])
    }

    @Test func theVIPItselfIsNotTakenForAnAddressOfTheHost() throws {
        let testbed = try Fixture.testbed()
        var facts = try Fixture.facts(of: testbed)
        let held = HostFacts.Address(address: try Fixture.address("172.16.41.100"), prefixLength: 24)
        facts[0].interfaces[1].addresses.insert(held, at: 0)
        let blueprint = try Blueprint(testbed: testbed, facts: facts, secrets: Fixture.secrets(of: testbed))
        let same = try Fixture.blueprint(testbed)
        #expect(blueprint == same)
    }

    @Test func secretsStayInSecretFiles() throws {
        let blueprint = try Fixture.blueprint(Fixture.testbed())
        for stage in blueprint.stages {
            for case .file(let file) in stage.hosts.flatMap(\.resources) {
                let holdsSecret = ["COOKIE", "-secret", "KEY c", "contrail123"].contains { file.content.contains($0) }
                #expect(file.isSecret || !holdsSecret, "\(file.path)")
                #expect(!file.isSecret || file.mode & 0o007 == 0, "\(file.path)")
            }
        }
    }

    @Test func whatAServiceRestartsOnIsBroughtByTheBlueprint() throws {
        let blueprint = try Fixture.blueprint(Fixture.testbed())
        for host in ["c1", "c2", "c3"] {
            let resources = blueprint.stages.flatMap { blueprint.resources($0.name, host) }
            var paths: Set<String> = []
            for resource in resources {
                if case .file(let file) = resource { paths.insert(file.path) }
                if case .executable(let path) = resource { paths.insert(path) }
                if case .service(let service) = resource {
                    #expect(paths.isSuperset(of: service.restartsOn + service.reloadsOn), "\(service.name)")
                }
            }
        }
    }

    /// Whoever reads a controller's disk must not become the cloud's administrator by it.
    @Test func controllersNeverHaveTheAdministratorsPassword() throws {
        func user(_ change: (inout Testbed.Keystone) -> Void) throws -> ControllerConfiguration.Keystone? {
            var testbed = try Fixture.testbed()
            var keystone = try #require(testbed.keystone)
            change(&keystone)
            testbed.keystone = keystone
            let file = try #require(Fixture.blueprint(testbed).file(DeploymentPath.controller, "c1"))
            return try ControllerConfiguration(parsing: file.content.utf8).keystone
        }
        #expect(try user { _ in }?.password == "neutron-secret")
        let named = try user { $0.neutronPassword = "named" }
        #expect(named?.user == "neutron" && named?.password == "named" && named?.project == "service")
        let unmanaged = try user { $0.managesNeutron = false }
        #expect(
            unmanaged?.user == "neutron" && unmanaged?.password == "neutron-secret" && unmanaged?.project == "service")
    }
}

@Suite struct ConfigurationFileTests {
    @Test func controllerConfigurationIsReadBack() throws {
        let file = try #require(Fixture.blueprint(Fixture.testbed()).file(DeploymentPath.controller, "c2"))
        let configuration = try ControllerConfiguration(parsing: file.content.utf8)
        #expect(configuration.bindAddress == "172.16.41.2")
        #expect(try ControllerConfiguration(json: configuration.json) == configuration)
        #expect(configuration.largestPage == nil)
        var limited = configuration
        limited.largestPage = 500
        #expect(limited.json["pagination_max_limit"] == 500)
        #expect(try ControllerConfiguration(json: limited.json) == limited)
        limited.largestPage = 0
        #expect(throws: ConfigurationError.self) { try ControllerConfiguration(json: limited.json) }
    }

    @Test func vipHealthConfigurationIsReadBack() throws {
        let file = try #require(Fixture.blueprint(Fixture.testbed()).file(DeploymentPath.vipHealth, "c2"))
        let configuration = try VIPHealthConfiguration(json: JSONValue(parsing: file.content))
        #expect(configuration.networks.map(\.address) == ["172.16.41.2", "10.88.125.2"])
        #expect(configuration.keepalived?.virtualIPs == ["172.16.41.100", "10.88.125.75"])
        #expect(configuration.store?.members == 3)
        #expect(configuration.store?.peers == [0, 1])
        #expect(try VIPHealthConfiguration(json: configuration.json) == configuration)
    }

    /// A new executable meets the old file for a moment in an upgrade.
    @Test func vipHealthConfigurationOfAnOlderVersionIsRead() throws {
        let file = try #require(Fixture.blueprint(Fixture.testbed()).file(DeploymentPath.vipHealth, "c2"))
        var configuration = try VIPHealthConfiguration(json: JSONValue(parsing: file.content))
        configuration.keepalived = nil
        configuration.store = nil
        configuration.starvation = nil
        let members = try #require(configuration.json.objectValue)
            .filter { !["keepalived", "store", "starvation"].contains($0.name) }
        let text = "{" + members.map { "\"\($0.name)\": \($0.value.prettyText())" }.joined(separator: ",") + "}"
        #expect(try VIPHealthConfiguration(json: JSONValue(parsing: text)) == configuration)
    }

    @Test func everyProblemOfAFileIsNamed() throws {
        let error = #expect(throws: ConfigurationError.self) {
            try ControllerConfiguration(
                parsing: #"{"node_name": 1, "rolse": [], "controllers": [{"name": "c1"}], "roles": ["a", 2]}"#.utf8)
        }
        let problems = try #require(error?.problems)
        #expect(problems.contains("node_name must be a string, not a number"))
        #expect(problems.contains("rolse is not known"))
        #expect(problems.contains("controllers[0].address is missing"))
        #expect(problems.contains("roles must be an array of strings"))
        #expect(problems.contains("session_key is missing"))
        #expect(throws: ConfigurationError.self) { try ControllerConfiguration(parsing: "{".utf8) }
        #expect(throws: ConfigurationError.self) { try ControllerConfiguration(parsing: "[]".utf8) }
    }
}

@Suite struct TimingBudgetTests {
    @Test func theDefaultsFitTogether() {
        #expect(TimingBudget().problems == [])
        #expect(TimingBudget().vipTakeover <= 400)
        #expect(TimingBudget().proxyDetection <= 2_500)
    }

    @Test func whatDoesNotFitIsNamed() throws {
        var budget = TimingBudget()
        budget.storeElection = 150
        budget.vrrpAdvertisement = 15
        budget.vipIsolation = 60
        #expect(budget.problems.count == 4)
        budget.proxyAnswerTimeout = TimingBudget.controllerPatience
        #expect(budget.problems.count == 5)
        var settings = DeploymentSettings()
        settings.timing = budget
        #expect(throws: BlueprintError.self) { try Fixture.blueprint(Fixture.testbed(), settings: settings) }
    }
}
