import HTTPService
import History
import JSON
import Model
import SeededChance
import Simulator

// What clients do through Contrail's API, and with large requests, beside what they do through Neutron's.
extension Workload {
    /// Few enough to be chosen twice, and among those that networks get by themselves.
    private var number: Int { 8 + world.scheduler.chance.number(below: 12) }

    /// A network of the config API's, half of them with a VNI that the client chooses.
    func makeConfigNetwork(_ name: String) async {
        var members: JSONObject = ["fq_name": ["default-domain", .string(Self.caller.projectName), .string(name)]]
        if world.scheduler.chance.happens(0.5) {
            members["virtual_network_properties"] = ["vxlan_network_identifier": .integer(number)]
        }
        await record(.create(name: name)) {
            let reply = await self.send(
                "POST", "/virtual-networks", ["virtual-network": .object(members)], by: Self.administrator)
            return reply.outcome(ifDone: 200) { body in
                let id = body["virtual-network"]?["uuid"]?.stringValue
                if let id { self.networks.append((name, id)) }
                return id
            }
        }
    }

    /// Many networks or ports in one request, all of them or none.
    func makeMany(_ label: String) async {
        let arePorts = world.scheduler.chance.happens(0.3)
        let count = arePorts ? 3 : world.scheduler.chance.choice([2, 3, 4, 30]) ?? 2
        let names = (0..<count).map { "\(label)-\($0)" }
        let collection = arePorts ? "ports" : "networks"
        let start = world.scheduler.time
        let bodies = names.map { name -> JSONValue in
            arePorts ? ["name": .string(name), "network_id": .string(cloud.pool)] : ["name": .string(name)]
        }
        let reply = await send("POST", "/v2.0/\(collection)", [collection: .array(bodies)])
        let made = reply.content[collection]?.arrayValue ?? []
        for name in names {
            let outcome = reply.outcome(ifDone: 201) { _ in
                made.first { $0["name"]?.stringValue == name }?["id"]?.stringValue
            }
            note(.create(name: name), since: start, outcome)
        }
    }

    /// `ip-alloc` of one or two addresses.
    func takeAddresses() async {
        let start = world.scheduler.time
        let reply = await send(
            "POST", "/virtual-network/\(cloud.pool)/ip-alloc",
            ["count": .integer(1 + world.scheduler.chance.number(below: 2))], by: Self.administrator)
        guard reply.status == 200 else { return }
        let taken = (reply.content["ip_addr"]?.arrayValue ?? []).compactMap(\.stringValue)
        world.scheduler.note("client: took \(taken)")
        for address in taken { ledger.take(address, since: start) }
        addresses += taken
    }

    /// `ip-free` of an address; often two at the same time, and then a port takes what is free.
    func giveBackAddress(_ name: String) async {
        guard !addresses.isEmpty else { return await takeAddresses() }
        let address = addresses.remove(at: world.scheduler.chance.number(below: addresses.count))
        guard world.scheduler.chance.happens(0.7) else { return await giveBack(address) }
        async let second: Void = giveBack(address)
        await giveBack(address)
        await createPort(name, network: cloud.pool, address: address)
        await second
    }

    private func giveBack(_ address: String) async {
        let free = ledger.beginGivingBack(address, at: world.scheduler.time)
        let reply = await send(
            "POST", "/virtual-network/\(cloud.pool)/ip-free", ["ip_addr": [.string(address)]], by: Self.administrator)
        if reply.status == 200 { ledger.end(free, at: world.scheduler.time) }
    }

    /// An administrator changes limits of the project, or the VNI of a network.
    func changeLimitOrNumber() async {
        if let network = world.scheduler.chance.choice(networks), world.scheduler.chance.happens(0.6) {
            let layer: JSONValue = ["vxlan_network_identifier": .integer(number)]
            _ = await send(
                "PUT", "/virtual-network/\(network.id)",
                ["virtual-network": ["virtual_network_properties": layer]], by: Self.administrator)
        } else {
            let limits: JSONObject = [
                "network": .integer(world.scheduler.chance.choice([6, 8, 10, 50]) ?? 8),
                "port": .integer(world.scheduler.chance.choice([4, 8, 12]) ?? 8),
            ]
            _ = await send(
                "PUT", "/v2.0/quotas/\(Self.caller.projectID)", ["quota": .object(limits)], by: Self.administrator)
        }
    }
}

extension Workload.Reply {
    var content: JSONValue { (try? JSONValue(parsing: body)) ?? .null }
}
