import Addressing
import JSON
import Model
import Testing

@Suite struct BootstrapTests {
    @Test func `The first start makes every object that clients expect, and the second makes none`() throws {
        var fixture = try Fixture.bootstrapped()
        for (type, fqName) in [
            ("domain", Bootstrap.defaultDomain), ("project", Bootstrap.defaultProject),
            ("network-ipam", Bootstrap.defaultIPAM), ("virtual-network", Bootstrap.fabricNetwork),
            ("virtual-network", Bootstrap.linkLocalNetwork), ("security-group", Bootstrap.noRuleGroup),
            ("global-system-config", ["default-global-system-config"]),
            ("global-vrouter-config", ["default-global-system-config", "default-global-vrouter-config"]),
            ("routing-instance", Bootstrap.fabricNetwork + ["ip-fabric"]),
            ("routing-instance", Bootstrap.fabricNetwork + ["__default__"]), ("tag-type", ["neutron_tag"]),
            ("policy-management", ["default-policy-management"]),
        ] {
            #expect(fixture.snapshot.object(type: type, fqName: fqName) != nil, "\(type) \(fqName)")
        }
        let ipam = try #require(fixture.snapshot.object(type: "network-ipam", fqName: Bootstrap.defaultIPAM))
        #expect(ipam.properties["perms2"]?["global_access"] == 5)
        #expect(try Bootstrap.edit(of: fixture.snapshot, context: fixture.context()) == nil)
    }

    @Test func `Of two controllers that start at once, one makes the objects`() throws {
        var fixture = try Fixture()
        let first = try #require(try Bootstrap.edit(of: fixture.snapshot, context: fixture.context()))
        let second = try #require(try Bootstrap.edit(of: fixture.snapshot, context: fixture.context()))
        #expect(try fixture.commit(first))
        #expect(try !fixture.commit(second))
        #expect(try Bootstrap.edit(of: fixture.snapshot, context: fixture.context()) == nil)
    }

    @Test func `What is missing is made again`() throws {
        var fixture = try Fixture.bootstrapped()
        let group = try #require(fixture.snapshot.object(type: "security-group", fqName: Bootstrap.noRuleGroup))
        try fixture.change { try $0.remove(group.id) }
        let edit = try #require(try Bootstrap.edit(of: fixture.snapshot, context: fixture.context()))
        #expect(try fixture.commit(edit))
        #expect(fixture.snapshot.object(type: "security-group", fqName: Bootstrap.noRuleGroup) != nil)
    }

    @Test func `A project that Keystone knows gets its domain and its default group`() throws {
        var fixture = try Fixture.bootstrapped()
        let id = try #require(ObjectID("6b8a6a2c1f1e4d0a9a3a0c1b2d3e4f50"))
        let project = try fixture.change { try $0.ensureProject(id: id, name: "blue") }
        #expect(project.fqName == ["default-domain", "blue"])
        #expect(project.owner == "6b8a6a2c1f1e4d0a9a3a0c1b2d3e4f50")
        let group = try #require(
            fixture.snapshot.object(type: "security-group", fqName: project.fqName + ["default"]))
        #expect(group.properties["security_group_entries"]?["policy_rule"]?.arrayValue?.count == 4)
        #expect(group.properties["security_group_id"]?.integerValue ?? 0 > 8_000_000)

        let other = try #require(ObjectID("00000000-0000-4000-8000-000000000001"))
        let twin = try fixture.change { try $0.ensureProject(id: other, name: "blue") }
        #expect(twin.fqName == ["default-domain", "blue-\(other)"])
        #expect(twin.displayName == "blue")

        let foreign = try #require(ObjectID("00000000-0000-4000-8000-000000000002"))
        let outside = try fixture.change {
            try $0.ensureProject(
                id: foreign, name: "blue", domainID: "99999999999940008000000000000009", domainName: "acme")
        }
        #expect(outside.fqName == ["acme", "blue"])
        try fixture.change { try $0.remove(project.id) }
        #expect(fixture.snapshot.object(type: "security-group", fqName: group.fqName) == nil)
    }
}
