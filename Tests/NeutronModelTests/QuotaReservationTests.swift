import Addressing
import HashTreeCollections
import JSON
import Model
import NeutronModel
import SeededChance
import Store
import StoreContents
import Testing

/// Limits are exact, however many requests of however many controllers are decided on old states.
@Suite struct QuotaReservationTests {
    private let project = EditContext.Caller.member.projectID

    private func limit(_ cloud: inout Cloud, _ limits: JSONObject) throws {
        let reply = try cloud.write(.admin) { (rules, edit) throws(NeutronError) in
            try rules.updateQuota(project, body: ["quota": .object(limits)], edit: &edit)
        }
        #expect(reply.status == 200)
    }

    /// - Parameter controller: which of two it is that decides; each has its own share of numbers.
    private func networks(_ count: Int, _ cloud: inout Cloud, by controller: Int = 0) throws -> GraphEdit {
        let context = cloud.context(.member, pendingKeys: ["/another"], share: .init(index: controller, count: 2))
        var edit = GraphEdit(base: cloud.snapshot, context: context)
        let body: JSONValue = ["networks": .array(Array(repeating: [:], count: count))]
        _ = try NeutronRules(index: cloud.index).create(.networks, body: body, edit: &edit)
        return edit
    }

    private func usage(_ kind: String, _ cloud: Cloud) throws -> Int {
        QuotaRules.usage(QuotaSpace(project: try #require(ObjectID(project)), kind: kind), in: cloud.snapshot)
    }

    @Test(arguments: [0, 1])
    func `Of two bulks that are together over the limit one is made`(networksBefore: Int) throws {
        var cloud = try Cloud()
        try limit(&cloud, ["network": 100])
        for _ in 0..<networksBefore { _ = try cloud.create(.networks, [:]) }
        let first = try networks(60, &cloud)
        let second = try networks(60, &cloud, by: 1)
        #expect(try cloud.commit(first))
        #expect(try !cloud.commit(second))
        #expect(throws: NeutronError.self) { try networks(60, &cloud) }
        #expect(try cloud.commit(try networks(40 - networksBefore, &cloud)))
        #expect(try usage("virtual_network", cloud) == 100)
        #expect(throws: NeutronError.self) { try networks(1, &cloud) }
    }

    /// All are decided on the same state, before any of them is committed.
    @Test func `Creates far from the limit do not meet`() throws {
        var cloud = try Cloud()
        try limit(&cloud, ["network": 1000])
        #expect(try cloud.commit(try networks(1, &cloud)))
        var pending = [Set<String>](repeating: ["/another"], count: 3)
        var edits: [GraphEdit] = []
        for seed in 0..<48 {
            let controller = seed % 3
            let context = cloud.context(
                .member, pendingKeys: pending[controller], share: AllocationShare(index: controller, count: 3))
            var edit = GraphEdit(base: cloud.snapshot, context: context)
            _ = try NeutronRules(index: cloud.index).create(.networks, body: ["network": [:]], edit: &edit)
            pending[controller].formUnion(try edit.finish().exclusiveKeys)
            edits.append(edit)
        }
        for edit in edits { #expect(try cloud.commit(edit)) }
    }

    /// All that are not done yet decide on the same state, again and again.
    @Test(arguments: [1, 2, 5]) func `Near the limit all get on, until it is reached`(size: Int) throws {
        var cloud = try Cloud()
        try limit(&cloud, ["network": 24])
        _ = try cloud.create(.networks, [:])
        var (waiting, rounds, refused) = (30, 0, 0)
        while waiting > 0 {
            rounds += 1
            var edits: [GraphEdit] = []
            for index in 0..<waiting {
                do {
                    edits.append(try networks(size, &cloud, by: index % 2))
                } catch is NeutronError {
                    refused += 1
                }
            }
            let committed = try edits.filter { try cloud.commit($0) }.count
            #expect(committed > 0 || edits.isEmpty)
            waiting = edits.count - committed
        }
        #expect(try usage("virtual_network", cloud) == 1 + 23 / size * size)
        #expect(refused == 30 - 23 / size && rounds <= 24, "\(rounds) rounds")
    }

    @Test func `Without a limit nothing is kept, but a new limit is seen`() throws {
        var cloud = try Cloud()
        try limit(&cloud, ["network": -1])
        #expect(try cloud.commit(try networks(3, &cloud)))
        #expect(cloud.store.list(prefix: StoreKey.quotas(of: try #require(ObjectID(project)))).entries.isEmpty)
        let late = try networks(3, &cloud)
        try limit(&cloud, ["network": 5])
        #expect(try !cloud.commit(late))
        #expect(throws: NeutronError.self) { try networks(3, &cloud) }
        // Those made without a limit count; room that was divided below an older limit does not.
        #expect(try cloud.commit(try networks(1, &cloud)))
        try limit(&cloud, ["network": -1])
        #expect(try cloud.commit(try networks(4, &cloud)))
        try limit(&cloud, ["network": 9])
        #expect(try cloud.commit(try networks(1, &cloud)))
        #expect(throws: NeutronError.self) { try networks(1, &cloud) }
    }

    @Test func `The parts go with their project`() throws {
        var cloud = try Cloud()
        let network = try cloud.create(.networks, [:]).made
        let prefix = StoreKey.quotas(of: try #require(ObjectID(project)))
        #expect(try cloud.delete(.networks, network).status == 204)
        _ = try cloud.create(.networks, [:])
        #expect(!cloud.store.list(prefix: prefix).entries.isEmpty)
        for id in try cloud.list(.networks).values("id") { #expect(try cloud.delete(.networks, id).status == 204) }
        var edit = cloud.edit(.admin)
        _ = try ConfigWrite.delete(type: "project", id: try #require(ObjectID(project)).description)
            .decide(on: &edit, origin: "")
        #expect(try cloud.commit(edit))
        #expect(cloud.store.list(prefix: prefix).entries.isEmpty)
    }

    /// What one try of the property test does.
    private enum Step: CaseIterable {
        case network, bulk, subnet, group, rules, configNetwork, configGroup, delete, configDelete, limit
    }

    @Test(arguments: 1...24)
    func `Whatever is under way, no limit is passed`(seed: Int) throws {
        var chance = Chance(seed: UInt64(seed))
        var cloud = try Cloud(seed: UInt64(seed))
        try limit(&cloud, ["network": 10, "subnet": 6, "security_group": 4, "security_group_rule": 14])
        var underWay: [(edit: GraphEdit, isNeutron: Bool)] = []
        var (committed, refused) = (0, 0)
        for _ in 0..<160 {
            var edit = cloud.edit(.admin)
            let step = Step.allCases[chance.number(below: Step.allCases.count)]
            if try decide(step, &edit, cloud, &chance) { underWay.append((edit, !"\(step)".hasPrefix("config"))) }
            while underWay.count > 6 || !underWay.isEmpty && chance.happens(0.4) {
                let next = underWay.remove(at: chance.number(below: underWay.count))
                let before = cloud.snapshot
                guard try cloud.commit(next.edit) else {
                    refused += 1
                    continue
                }
                committed += 1
                try check(cloud, since: before, isNeutron: next.isNeutron)
            }
        }
        #expect(committed > 30 && refused > 5, "\(committed) committed, \(refused) refused")
    }

    private func check(_ cloud: Cloud, since before: Snapshot, isNeutron: Bool) throws {
        let entries = cloud.store.list(prefix: StoreKey.root).entries
        #expect(ConfigurationAudit.violations(in: entries) == [])
        let id = try #require(ObjectID(project))
        let project = try #require(cloud.snapshot.object(id, type: "project"))
        for kind in QuotaRules.neutronDefaults.keys.sorted() {
            let space = QuotaSpace(project: id, kind: kind)
            let used = QuotaRules.usage(space, in: cloud.snapshot)
            #expect(used == ConfigurationAudit.count(space, in: cloud.snapshot.objects.values))
            let limit =
                isNeutron
                ? QuotaRules.neutronLimit(of: kind, in: project) : QuotaRules.limit(of: kind, in: project)
            guard used > QuotaRules.usage(space, in: before), let limit else { continue }
            #expect(used <= limit, "\(kind)")
        }
    }

    /// - Returns: whether there is something to be committed.
    private func decide(
        _ step: Step, _ edit: inout GraphEdit, _ cloud: Cloud, _ chance: inout Chance
    ) throws -> Bool {
        let rules = NeutronRules(index: cloud.index)
        let owner: JSONValue = .string(project)
        let id = try #require(ObjectID(project))
        func pick(_ type: String) -> ConfigObject? {
            let all = cloud.snapshot.referrers(of: id, type: type).sorted { $0.id < $1.id }
            return all.isEmpty ? nil : all[chance.number(below: all.count)]
        }
        func name(_ word: String) -> JSONValue {
            .array((pick("project")?.fqName ?? ["default-domain", "demo"]).map { .string($0) } + [.string(word)])
        }
        let label = "x\(chance.number(below: 1_000_000))"
        do {
            switch step {
            case .network: _ = try rules.create(.networks, body: ["network": ["project_id": owner]], edit: &edit)
            case .bulk:
                let some = JSONValue.array(
                    Array(repeating: ["project_id": owner], count: 1 + chance.number(below: 5)))
                _ = try rules.create(.networks, body: ["networks": some], edit: &edit)
            case .subnet:
                guard let network = pick("virtual-network") else { return false }
                let cidr = "10.\(chance.number(below: 200)).0.0/24"
                _ = try rules.create(
                    .subnets,
                    body: [
                        "subnet": [
                            "network_id": .string(network.id.description), "ip_version": 4, "cidr": .string(cidr),
                        ]
                    ], edit: &edit)
            case .group:
                _ = try rules.create(
                    .securityGroups, body: ["security_group": ["name": .string(label), "project_id": owner]],
                    edit: &edit)
            case .rules:
                guard let group = pick("security-group") else { return false }
                let some = (0...chance.number(below: 3)).map { _ -> JSONValue in
                    [
                        "security_group_id": .string(group.id.description), "direction": "ingress", "protocol": "tcp",
                        "port_range_min": .integer(1 + chance.number(below: 60000)), "port_range_max": 65535,
                        "project_id": owner,
                    ]
                }
                _ = try rules.create(.securityGroupRules, body: ["security_group_rules": .array(some)], edit: &edit)
            case .configNetwork:
                _ = try ConfigWrite.create(type: "virtual-network", body: ["virtual-network": ["fq_name": name(label)]])
                    .decide(on: &edit, origin: "")
            case .configGroup:
                _ = try ConfigWrite.create(
                    type: "security-group",
                    body: [
                        "security-group": ["fq_name": name(label), "security_group_entries": ["policy_rule": []]]
                    ]
                ).decide(on: &edit, origin: "")
            case .delete, .configDelete:
                let type = chance.happens(0.7) ? "virtual-network" : "security-group"
                guard let object = pick(type), object.name != "default" else { return false }
                _ = try ConfigWrite.delete(type: type, id: object.id.description).decide(on: &edit, origin: "")
            case .limit:
                guard chance.happens(0.3) else { return false }
                // Sometimes the config API has a limit of its own, or none; Neutron then has its standard one.
                var members: JSONObject = ["virtual_network": .integer(6 + chance.number(below: 8))]
                if chance.happens(0.7) { members["subnet"] = .integer(3 + chance.number(below: 6)) }
                if chance.happens(0.5) { members["security_group"] = .integer(chance.number(below: 8) - 1) }
                if chance.happens(0.3) { members["defaults"] = .integer(3 + chance.number(below: 20)) }
                members["security_group_rule"] = .integer(8 + chance.number(below: 12))
                _ = try ConfigWrite.update(
                    type: "project", id: id.description, body: ["project": ["quota": .object(members)]]
                ).decide(on: &edit, origin: "")
            }
            return true
        } catch is NeutronError {
            return false
        } catch is ConfigFault {
            return false
        }
    }
}
