import Addressing
import HashTreeCollections
import JSON
import Model
import SeededChance
import Store
import StoreContents
import Testing
import Time

/// Several controllers, each with a replica that is some way behind, make random edits of a few objects with few names
/// and addresses, so that they get in each other's way all the time.
@Suite struct RandomEditTests {
    @Test(arguments: 1...16)
    func `Edits on stale snapshots never leave a dangling reference or a double name, address, MAC or number`(
        seed: UInt64
    ) throws {
        var random = Chance(seed: seed)
        var store = StoreContents()
        let schema = try Fixture.schema.get()
        var replicas = [Snapshot](repeating: Snapshot(schema: schema), count: 3)
        var committed = 0
        var refused = 0
        for step in 0..<300 {
            let client = Int.random(in: 0..<3, using: &random)
            // Catch up with a random part of what is new.
            for batch in store.batches(after: replicas[client].revision).prefix(Int.random(in: 0...3, using: &random)) {
                _ = replicas[client].apply(batch)
            }
            var edit = GraphEdit(
                base: replicas[client],
                context: EditContext(
                    now: Timestamp(microseconds: Int(step)), requestID: "req-\(step)", caller: .system,
                    seed: random.next(), attempt: Int.random(in: 0...1, using: &random)))
            do {
                for _ in 0...Int.random(in: 0...1, using: &random) { try Self.change(&edit, random: &random) }
                switch try store.commit(edit.finish()) {
                case .committed: committed += 1
                case .refused: refused += 1
                }
            } catch is ModelError {
                continue
            }
            if step % 50 == 0 { try checkInvariants(store, schema: schema) }
        }
        try checkInvariants(store, schema: schema)
        #expect(committed > 50 && refused > 2, "\(committed) committed, \(refused) refused")
        for client in 0..<3 {
            for batch in store.batches(after: replicas[client].revision) { _ = replicas[client].apply(batch) }
            try checkReplica(replicas[client], of: store)
        }
    }

    private static func change(_ edit: inout GraphEdit, random: inout Chance) throws {
        let name = "n\(Int.random(in: 0..<4, using: &random))"
        let networks = edit.base.objects(ofType: "virtual-network").values.sorted { $0.id < $1.id }
        let network = networks.randomElement(using: &random)
        switch Int.random(in: 0..<9, using: &random) {
        case 0, 1:
            try edit.add(
                ConfigObject(
                    type: "virtual-network", id: edit.context.newID(), fqName: ["d", "p", name], parent: nil,
                    properties: [:], references: ["network_ipam_refs": []]))
        case 2:
            try edit.add(
                ConfigObject(
                    type: "security-group", id: edit.context.newID(), fqName: ["d", "p", name], parent: nil,
                    properties: [:], references: [:]))
        case 3, 4:
            guard let network else { return }
            try edit.add(
                ConfigObject(
                    type: "virtual-machine-interface", id: edit.context.newID(), fqName: ["d", "p", name], parent: nil,
                    properties: [
                        "virtual_machine_interface_mac_addresses": [
                            "mac_address": [.string("02:00:00:00:00:0\(Int.random(in: 0..<4, using: &random))")]
                        ]
                    ], references: ["virtual_network_refs": [Reference(id: network.id, fqName: network.fqName)]]))
        case 5, 6:
            guard let network else { return }
            let id = edit.context.newID()
            let pool = try #require(IPAddress("10.0.0.1"))
            let end = try #require(IPAddress("10.0.0.6"))
            let address = try edit.allocateAddress(
                network: network.id, pools: [AddressPool(first: pool, last: end)], reserved: [],
                fromEnd: Bool.random(using: &random), holder: id)
            try edit.create(
                ConfigObject(
                    type: "instance-ip", id: id, fqName: [id.description], parent: nil,
                    properties: ["instance_ip_address": .string(address.description)],
                    references: ["virtual_network_refs": [Reference(id: network.id, fqName: network.fqName)]]))
        case 7:
            let groups = edit.base.objects(ofType: "security-group").values.sorted { $0.id < $1.id }
            let ports = edit.base.objects(ofType: "virtual-machine-interface").values.sorted { $0.id < $1.id }
            guard let port = ports.randomElement(using: &random).flatMap({ edit.object($0.id) }),
                let group = groups.randomElement(using: &random)
            else { return }
            var references = port.references
            references["security_group_refs"] = [Reference(id: group.id, fqName: group.fqName)]
            try edit.change(port.id, properties: port.properties, references: references)
        default:
            let all = edit.base.objects.values.filter { $0.type != "routing-instance" }.sorted { $0.id < $1.id }
            guard let object = all.randomElement(using: &random) else { return }
            try edit.remove(object.id)
        }
    }
}
