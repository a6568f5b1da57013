import Foundation
import JSON
import Testing

@testable import Console

@Suite struct StatusReportTests {
    private let layout = ClusterLayout(
        node: "ctl2",
        controllers: [
            .init(name: "ctl1", address: "10.0.0.1"), .init(name: "ctl2", address: "10.0.0.2"),
            .init(name: "ctl3", address: "10.0.0.3"),
        ], statusPort: 18_081, virtualIPs: [.init(name: "internal", address: "10.0.0.100")],
        brokerEndpoints: ["10.0.0.1:5671", "10.0.0.2:5671"])

    private func report(
        _ node: String, isWritable: Bool = true, addresses: [JSONValue] = []
    ) throws -> Inquiry<StatusReport> {
        let document: JSONValue = [
            "node": .string(node), "ready": true, "reason": nil, "revision": 7,
            "services": [["name": "skein-config", "state": "active", "reason": ""]],
            "store": [
                "writable": .bool(isWritable), "alarms": [],
                "members": [
                    [
                        "name": .string("etcd-seen-by-\(node)"), "endpoint": "https://10.0.0.1:2379", "healthy": true,
                        "leader": true, "reason": "",
                    ]
                ],
            ],
            "broker": ["connected": true, "endpoint": "10.0.0.1:5671"], "leaders": ["outbox": "ctl1"],
            "waiting_notices": 3, "addresses": .array(addresses),
        ]
        return .answered(try #require(StatusReport(document)))
    }

    private func state(_ reports: [String: Inquiry<StatusReport>]) -> ClusterState {
        ClusterState(
            layout: layout, reports: reports,
            brokers: ["10.0.0.1:5671": .answered(true), "10.0.0.2:5671": .silent("connection refused")],
            time: Date(timeIntervalSince1970: 0))
    }

    @Test func ownerOfAVirtualIPIsWhoHasTheAddress() throws {
        let state = state([
            "ctl1": try report("ctl1", addresses: ["127.0.0.1", "10.0.0.1", "10.0.0.100"]),
            "ctl2": try report("ctl2", addresses: ["10.0.0.2"]), "ctl3": .silent("no route to host"),
        ])
        #expect(state.virtualIPs.map(\.owners) == [["ctl1"]])
        #expect(state.hosts.map(\.silence) == [nil, nil, "no route to host"])
        #expect(state.revision == 7)
        #expect(state.waitingNotices == 3)
        #expect(state.leaders == [ClusterState.Leader(task: "outbox", node: "ctl1")])
    }

    @Test func ownWordOnTheStoreCountsUnlessItIsCutOff() throws {
        let all = ["ctl1": try report("ctl1"), "ctl2": try report("ctl2")]
        #expect(state(all).storeMembers.map(\.name) == ["etcd-seen-by-ctl2"])
        let cut = ["ctl1": try report("ctl1"), "ctl2": try report("ctl2", isWritable: false)]
        #expect(state(cut).observer == "ctl1")
        #expect(state(["ctl2": try report("ctl2", isWritable: false)]).isStoreWritable == false)
        #expect(state([:]).isStoreWritable == nil)
    }

    @Test func brokerMembersKnowTheirUsers() throws {
        let members = state(["ctl1": try report("ctl1"), "ctl3": try report("ctl3")]).brokerMembers
        #expect(members.map(\.name) == ["ctl1", "ctl2"])
        #expect(members.map(\.users) == [["ctl1", "ctl3"], []])
        #expect(members.map(\.isHealthy) == [true, false])
        #expect(members.last?.reason == "connection refused")
    }

    @Test func otherDocumentsAreNoReport() throws {
        for text in ["{}", "[]", "null", #"{"node": 1}"#] {
            #expect(StatusReport(try JSONValue(parsing: text)) == nil)
        }
        let sparse = try #require(StatusReport(["node": "ctl1"]))
        #expect(!sparse.isReady)
        #expect(sparse.isStoreWritable == nil)
    }

    @Test func nobodyAnsweringIsAStateToo() async {
        var layout = layout
        layout.controllers = [.init(name: "ctl1", address: "127.0.0.1")]
        layout.statusPort = 1
        layout.brokerEndpoints = ["127.0.0.1:1", "nonsense"]
        let state = await ClusterPoller(layout: layout).state()
        #expect(state.hosts.map(\.silence) == ["connection refused"])
        #expect(state.brokerMembers.map(\.reason) == ["connection refused", "'nonsense' is no address and port"])
        #expect(state.health == .failed)
    }
}
