import JSON
import Model
import NeutronModel
import Testing

@Suite struct QuotaTests {
    private func read(
        _ cloud: Cloud, _ caller: EditContext.Caller, _ body: (QuotaReader) throws(NeutronError) -> APIAnswer
    ) throws -> Reply {
        let reader = QuotaReader(snapshot: cloud.snapshot, caller: caller)
        do {
            return try Reply(try body(reader))
        } catch let error as NeutronError {
            return try Reply(error.answer)
        }
    }

    private func set(_ cloud: inout Cloud, _ project: String, _ limits: JSONObject) throws -> Reply {
        try cloud.write(.admin) { (rules, edit) throws(NeutronError) in
            try rules.updateQuota(project, body: ["quota": .object(limits)], edit: &edit)
        }
    }

    private func quotas(
        _ cloud: Cloud, _ caller: EditContext.Caller, _ query: [NeutronQuery.Item] = []
    ) throws -> Reply {
        try read(cloud, caller) { (reader) throws(NeutronError) in try reader.list(query: NeutronQuery(query)) }
    }

    private let project = EditContext.Caller.member.projectID
    private let defaults: JSONValue = [
        "network": 100, "subnet": 100, "port": 500, "security_group": 10, "security_group_rule": 100,
    ]

    @Test func limitsAreReadAndSet() throws {
        var cloud = try Cloud()
        let member = EditContext.Caller.member
        #expect(
            try read(cloud, member) { (reader) throws(NeutronError) in try reader.show(project) }.content == defaults)
        #expect(try set(&cloud, project, ["network": 5, "port": "-1"])["network"] == 5)
        let shown = try read(cloud, member) { (reader) throws(NeutronError) in try reader.show(project) }
        #expect(shown["port"] == -1)
        #expect(shown["subnet"] == 100)
        #expect(
            try read(cloud, member) { (reader) throws(NeutronError) in try reader.defaults(project) }.content
                == defaults)
        let list = try quotas(cloud, .admin).list
        #expect(list.map { $0["project_id"] } == [.string(project)])
        let filtered = try quotas(cloud, .admin, [("tenant_id", project)])
        #expect(filtered.status == 400 && filtered.message == "['tenant_id'] is invalid attribute for filtering")
        let removed = try cloud.write(.admin) { (rules, edit) throws(NeutronError) in
            try rules.deleteQuota(project, edit: &edit)
        }
        #expect(removed.status == 204)
        #expect(
            try read(cloud, member) { (reader) throws(NeutronError) in try reader.show(project) }.content == defaults)
    }

    @Test func limitsAreForAdministrators() throws {
        var cloud = try Cloud()
        let refused = try cloud.write(.member) { (rules, edit) throws(NeutronError) in
            try rules.updateQuota(project, body: ["quota": ["network": 5]], edit: &edit)
        }
        #expect(refused.status == 403)
        #expect(try read(cloud, .other) { (reader) throws(NeutronError) in try reader.show(project) }.status == 403)
        #expect(try quotas(cloud, .member).status == 403)
    }

    @Test(
        arguments: [
            (["network": -2], "Invalid input for network. Reason: '-2' is too small - must be at least '-1'."),
            (["network": "many"], "Invalid input for operation: 'many' is not an integer."),
            (["router": 5], "Unrecognized attribute(s) 'router'"),
            (
                ["network": 2_147_483_648],
                "Invalid input for network. Reason: '2147483648' is too large - must be no larger than '2147483647'."
            ),
        ] as [(JSONObject, String)])
    func badLimitsAreRefused(limits: JSONObject, message: String) throws {
        var cloud = try Cloud()
        let refused = try set(&cloud, project, limits)
        #expect(refused.status == 400)
        #expect(refused.message == message)
    }

    @Test func nothingGoesPastTheLimit() throws {
        var cloud = try Cloud()
        _ = try set(&cloud, project, ["network": 2, "subnet": 1, "port": 1, "security_group": 2])
        let network = try cloud.create(.networks, [:]).made
        let bulk = try cloud.post(.networks, ["networks": [[:], [:]]])
        #expect(bulk.status == 409)
        #expect(bulk.errorType == "OverQuota")
        #expect(bulk.message == "Quota exceeded for resources: ['network'].")
        #expect(try cloud.create(.networks, [:]).status == 201)
        #expect(try cloud.create(.networks, [:]).errorType == "OverQuota")
        let subnet: JSONValue = ["network_id": .string(network), "ip_version": 4, "cidr": "10.0.0.0/24"]
        #expect(try cloud.create(.subnets, subnet).status == 201)
        let second: JSONValue = ["network_id": .string(network), "ip_version": 4, "cidr": "10.0.1.0/24"]
        #expect(try cloud.create(.subnets, second).message == "Quota exceeded for resources: ['subnet'].")
        #expect(try cloud.create(.ports, ["network_id": .string(network)]).status == 201)
        #expect(
            try cloud.create(.ports, ["network_id": .string(network)]).message
                == "Quota exceeded for resources: ['port'].")
        #expect(try cloud.create(.securityGroups, ["name": "a"]).status == 201)
        #expect(try cloud.create(.securityGroups, ["name": "b"]).errorType == "OverQuota")
        let used = try read(cloud, .member) { (reader) throws(NeutronError) in try reader.details(project) }
        #expect(used["network"] == ["limit": 2, "used": 2, "reserved": 0])
        #expect(used["security_group_rule"]?["used"] == 6)
        let low = try set(&cloud, project, ["network": 1])
        #expect(low.message == "Quota limit 1 for network must be greater than or equal to already used 2")
        #expect(try set(&cloud, project, ["network": 1, "force": true])["network"] == 1)
    }

    /// Two requests that counted the same cannot both take the last place.
    @Test func theLastPlaceIsGivenOnce() throws {
        var cloud = try Cloud()
        _ = try set(&cloud, project, ["network": 2])
        _ = try cloud.create(.networks, [:])
        let rules = NeutronRules(index: cloud.index)
        var first = cloud.edit(.member)
        var second = cloud.edit(.member)
        _ = try rules.create(.networks, body: ["network": [:]], edit: &first)
        _ = try rules.create(.networks, body: ["network": [:]], edit: &second)
        #expect(try cloud.commit(first))
        #expect(try !cloud.commit(second))
    }
}
