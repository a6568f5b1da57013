import Foundation
import Testing

@testable import Lab

@Suite struct LabFaultTests {
    private func host() throws -> LabPlan.Host { try LabPlan(name: .standard).hosts[0] }

    @Test func aOneWayDropTouchesOneDirectionOnly() throws {
        let rules = try #require(PacketLoss.ruleset(.drop(.control, .from), try host()))
        #expect(rules.contains("iifname \"c-controller1\" drop"))
        #expect(!rules.contains("oifname"))
        // What the host sends reaches the fabric itself through the input hook, not through forward.
        #expect(rules.contains("hook input"))
        #expect(!rules.contains("hook output"))
    }

    @Test func lossIsRandomInBothDirections() throws {
        let rules = try #require(PacketLoss.ruleset(.loss(.management, percent: 25), try host()))
        #expect(rules.contains("iifname \"m-controller1\" numgen random mod 100 < 25 drop"))
        #expect(rules.contains("oifname \"m-controller1\" numgen random mod 100 < 25 drop"))
    }

    @Test func aFrozenHostIsQuietOnBothNetworks() throws {
        let rules = PacketLoss.frozenRuleset(try host())
        for port in ["m-controller1", "c-controller1"] {
            #expect(rules.contains("iifname \"\(port)\" drop"))
            #expect(rules.contains("oifname \"\(port)\" drop"))
        }
    }

    @Test func blockedPortsAreLostInBothRolesAndNothingElseIs() throws {
        let rules = try #require(PacketLoss.ruleset(.blocked(.control, ports: [4369, 25672]), try host()))
        for key in ["iifname", "oifname"] {
            for side in ["dport", "sport"] {
                #expect(rules.contains("\(key) \"c-controller1\" tcp \(side) { 4369, 25672 } drop"))
            }
        }
        #expect(!rules.contains("\"c-controller1\" drop"))
    }

    @Test func aSlowLinkIsSlowAtBothEnds() throws {
        let commands = LinkSpeed.limit(try host(), .control, lab: .standard, kilobits: 4000)
        #expect(commands.map { $0[6] } == ["c-controller1", "eth1"])
        #expect(commands.allSatisfy { $0.contains("4000kbit") })
    }

    @Test func losingEverythingIsAPlainDrop() throws {
        let rules = try #require(PacketLoss.ruleset(.loss(.management, percent: 100), try host()))
        #expect(rules.contains("iifname \"m-controller1\" drop"))
        #expect(!rules.contains("numgen"))
    }

    @Test func applyingTwiceIsTheSameAsOnce() throws {
        let fault = LabFault.drop(.management, .to)
        let rules = try #require(PacketLoss.ruleset(fault, try host()))
        #expect(
            rules.hasPrefix(
                """
                table bridge controller1_drop_mgmt_to
                delete table bridge controller1_drop_mgmt_to
                table bridge controller1_drop_mgmt_to {
                """))
    }

    @Test func faultsThatAreNoPacketLossHaveNoRules() throws {
        for fault in [LabFault.cut(.control), .stopped(unit: "etcd.service")] {
            #expect(PacketLoss.ruleset(fault, try host()) == nil)
        }
    }

    /// Two loss rates on one network replace each other; everything else is told apart.
    @Test func identities() {
        #expect(LabFault.loss(.control, percent: 1).identity == LabFault.loss(.control, percent: 2).identity)
        let faults: [LabFault] = LabPlan.Network.allCases.flatMap { network -> [LabFault] in
            [.cut(network), .silent(network), .drop(network, .from), .drop(network, .to), .loss(network, percent: 5)]
        }
        #expect(Set(faults.map(\.identity)).count == faults.count)
    }

    @Test func aRecordIsReadBack() throws {
        for fault in [LabFault.cut(.control), .loss(.management, percent: 7), .stopped(unit: "etcd.service")] {
            let bytes = try JSONEncoder().encode(fault)
            #expect(try JSONDecoder().decode(LabFault.self, from: bytes) == fault)
        }
    }
}
