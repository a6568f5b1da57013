import Addressing
import Blueprint
import Testbed
import Testing

@testable import Deploy

/// Where the steps that change members stand among the others of a plan. Hosts are those of `MembershipRuleTests`.
@Suite struct MembershipOrderTests {
    private static func service(_ name: String) -> Resource { .service(.init(name: name)) }

    private static func file(_ path: String) -> Resource { .file(.init(path: path, content: "")) }

    /// What hosts need, stage by stage: as much of it as the order depends on.
    private static func blueprint(_ hosts: [String]) -> Blueprint {
        func stage(_ name: String, _ resources: [Resource]) -> Blueprint.Stage {
            .init(name: name, title: name, hosts: hosts.map { .init(host: $0, resources: resources) })
        }
        return Blueprint(stages: [
            stage("store", [file("/etcd.yaml"), service(DeploymentUnit.store)]),
            stage("broker", [file("/rabbitmq.conf"), service(DeploymentUnit.broker), file("/definitions")]),
            stage("controller", [file("/controller.json"), service(DeploymentUnit.controller)]),
            stage("proxy", [file("/haproxy.cfg"), service(DeploymentUnit.proxy)]),
            stage(
                "vip",
                [
                    file("/vip-health.json"), service(DeploymentUnit.vipHealth), file("/keepalived.conf"),
                    service(DeploymentUnit.vip),
                ]),
        ])
    }

    /// A host that has everything, of another membership: its lists change, and its services run.
    private static let old: [ResourceState] = [
        .present, .present, .present, .present, .present, .differs, .outdated(byReload: false), .differs,
        .outdated(byReload: true), .differs, .outdated(byReload: false), .differs, .outdated(byReload: true),
    ]
    private static let new = [ResourceState](repeating: .missing([]), count: 13)

    private static func changes(_ numbers: [Int], new: Set<Int>, _ rule: MembershipRule) -> ChangeSet {
        let blueprint = blueprint(numbers.map { "c\($0)" })
        let states = Dictionary(
            uniqueKeysWithValues: numbers.map { ("c\($0)", new.contains($0) ? Self.new : old) })
        var changes = ChangeSet(blueprint: blueprint, states: states)
        changes.include(rule, blueprint: blueprint)
        return changes
    }

    private static func lines(_ changes: ChangeSet) -> [String] {
        changes.stages.map { stage in "\(stage.name): \(stage.hosts.map(\.host).joined(separator: " "))" }
    }

    @Test func whatGrowsIsReadyBeforeAnybodyCountsOnIt() throws {
        let rule = MembershipRuleTests.rule(
            [1, 2, 3],
            [MembershipRuleTests.member(1, of: [1]), MembershipRuleTests.survey(2), MembershipRuleTests.survey(3)])
        let changes = Self.changes([1, 2, 3], new: [2, 3], rule)
        #expect(
            Self.lines(changes) == [
                "store: c2 c3", "broker: c2 c3", "controller: c2 c3", "proxy: c1 c2 c3", "controller: c1",
                "vip-health: c2 c3", "vip: c1 c2 c3",
            ])
        let store = try #require(changes.stages.first?.hosts.first?.changes)
        #expect(store.map(\.action).last?.contains("as a learner") == true)
        #expect(store.last?.comesLast == true)
        // The step stands where the plain start was: what follows needs the broker.
        let broker = try #require(changes.stages[1].hosts.first?.changes)
        #expect(broker.map { $0.step != nil } == [false, true, false])
        let vip = try #require(changes.stages.last)
        #expect(vip.hosts.map { $0.changes.contains(where: \.comesLast) } == [false, true, true])
        #expect(vip.hosts[1].changes.map(\.action) == ["create /keepalived.conf", "start skein-keepalived.service"])
    }

    @Test func whatLeavesIsInNobodysListBeforeItStops() throws {
        let all = (1...3).map { number in
            var survey = MembershipRuleTests.member(number, of: [1, 2, 3])
            survey.parts.insert(.vip)
            return survey
        }
        var testbed = MembershipRuleTests.testbed([1, 2])
        testbed.internalVIP = .init(address: try #require(IPAddress("192.0.2.100")), virtualRouterID: 1)
        let rule = MembershipRule(
            testbed: testbed, storeCluster: "", storeToken: "", departed: [MembershipRuleTests.host(3)], surveys: all)
        let changes = Self.changes([1, 2], new: [], rule)
        #expect(
            Self.lines(changes) == [
                "proxy: c1 c2", "controller: c1 c2", "handover: c3", "vip: c1 c2", "departure: c3",
            ])
        #expect(changes.stages.last?.title == "Taking c3 out, which is not in the testbed any more")
        #expect(changes.text.contains("leave the store"))
    }

    @Test func whoIsGoneGoesFirst() {
        let list: [MembershipRuleTests.Member] = [.voter(1), .voter(2), .voter(3)]
        let others = [1, 2].map {
            MembershipRuleTests.survey($0, store: list, broker: [1, 2, 3], running: [1, 2])
        }
        let rule = MembershipRuleTests.rule([1, 2, 4], departed: [3], others + [MembershipRuleTests.survey(4)])
        let changes = Self.changes([1, 2, 4], new: [4], rule)
        #expect(Self.lines(changes).prefix(2) == ["strays: c1 c1", "store: c4"])
    }

    /// A learner that runs: the plan alone would have nothing to do.
    @Test func aStepIsThereAlsoWhenTheServiceRuns() throws {
        let list: [MembershipRuleTests.Member] = [.voter(1), .learner(2)]
        let rule = MembershipRuleTests.rule(
            [1, 2], [MembershipRuleTests.survey(1, store: list), MembershipRuleTests.survey(2, store: [])])
        let blueprint = Self.blueprint(["c1", "c2"])
        let present = [ResourceState](repeating: .present, count: 13)
        var changes = ChangeSet(blueprint: blueprint, states: ["c1": present, "c2": present])
        changes.include(rule, blueprint: blueprint)
        let stage = try #require(changes.stages.first)
        #expect(stage.name == "store")
        #expect(stage.hosts.map(\.host) == ["c2"])
    }
}
