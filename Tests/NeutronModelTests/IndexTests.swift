import Addressing
import JSON
import Model
import NeutronModel
import Store
import Testing

@Suite struct IndexTests {
    /// Whatever happens through either API, following the changes gives what building anew gives.
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func followingIsRebuilding(seed: UInt64) throws {
        var cloud = try Cloud(seed: seed)
        var random = Random(state: seed)
        for step in 0..<120 {
            try change(&cloud, &random)
            guard step % 6 == 0 else { continue }
            let rebuilt = NeutronIndex(snapshot: cloud.snapshot)
            for collection in NeutronCollection.allCases {
                for caller in [EditContext.Caller.member, .other, .admin] {
                    #expect(
                        try list(cloud.index, collection, caller) == list(rebuilt, collection, caller),
                        "\(collection) after step \(step)")
                }
            }
        }
        #expect(try !cloud.list(.ports, as: .admin).list.isEmpty)
    }

    private func list(
        _ index: NeutronIndex, _ collection: NeutronCollection, _ caller: EditContext.Caller
    ) throws -> [UInt8] {
        try NeutronReader(index: index, caller: caller).list(collection, query: try NeutronQuery([]), url: "").body
    }

    private func change(_ cloud: inout Cloud, _ random: inout Random) throws {
        let caller: EditContext.Caller = random.next(4) == 0 ? .other : random.next(5) == 0 ? .admin : .member
        let networks = try cloud.list(.networks, as: caller).values("id")
        let ports = try cloud.list(.ports, as: caller).values("id")
        let groups = try cloud.list(.securityGroups, as: caller).values("id")
        let network = JSONValue.string(random.pick(networks) ?? "none")
        switch random.next(14) {
        case 0, 1: _ = try cloud.create(.networks, ["name": .string("n\(random.next(4))")], as: caller)
        case 2, 3:
            let cidr = "10.\(random.next(3)).0.0/2\(random.next(8))"
            _ = try cloud.create(.subnets, ["network_id": network, "ip_version": 4, "cidr": .string(cidr)], as: caller)
        case 4, 5, 6:
            let device = random.next(2) == 0 ? "" : "50999bdb-5c1f-4495-a338-11099dd2022\(random.next(3))"
            _ = try cloud.create(.ports, ["network_id": network, "device_id": .string(device)], as: caller)
        case 7: _ = try cloud.create(.securityGroups, ["name": .string("g\(random.next(3))")], as: caller)
        case 8:
            _ = try cloud.create(
                .securityGroupRules,
                [
                    "security_group_id": .string(random.pick(groups) ?? ""), "direction": "ingress",
                    "remote_group_id": .string(random.pick(groups) ?? ""),
                ], as: caller)
        case 9:
            _ = try cloud.update(
                .networks, random.pick(networks) ?? "", ["shared": .bool(random.next(2) == 0)], as: .admin)
        case 10:
            _ = try cloud.update(
                .ports, random.pick(ports) ?? "",
                ["fixed_ips": random.next(2) == 0 ? [] : [["ip_address": .string("10.0.0.\(random.next(30))")]]],
                as: caller)
        case 11: _ = try cloud.delete(.ports, random.pick(ports) ?? "", as: caller)
        case 12:
            _ = try cloud.delete(.networks, random.pick(networks) ?? "", as: caller)
            _ = try cloud.delete(.securityGroups, random.pick(groups) ?? "", as: caller)
        default:
            let subnets = try cloud.list(.subnets, as: caller).values("id")
            _ = try cloud.delete(.subnets, random.pick(subnets) ?? "", as: caller)
        }
    }

    private struct Random {
        var state: UInt64

        mutating func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }

        mutating func pick(_ list: [String]) -> String? {
            list.isEmpty ? nil : list[next(list.count)]
        }
    }
}
