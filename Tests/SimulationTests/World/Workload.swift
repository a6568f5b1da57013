import HTTPService
import History
import JSON
import Model
import SeededChance
import Simulator
import Store
import StoreContents

/// What clients do: they make networks and ports, write and read, and delete what others use.
// Sendable by confinement: used only by the jobs and timers of one scheduler.
final class Workload: @unchecked Sendable {
    let world: World
    private let proxy: SimulatedProxy
    let cloud: PreparedCloud
    private(set) var history: [RecordedRequest] = []
    /// Names whose objects somebody has tried to delete.
    private(set) var doomed: Set<String> = []
    /// Ids of what is certainly deleted.
    private(set) var deleted: Set<String> = []
    /// Answers that no request may get, in words.
    private(set) var oddities: [String] = []
    private(set) var running = 0
    /// What clients know of the addresses that they took without a port.
    var ledger = AddressLedger()
    /// Addresses of the pool that somebody took and nobody has begun to give back.
    var addresses: [String] = []
    /// What was made and is not doomed, by name.
    var networks: [(name: String, id: String)] = []
    private var ports: [(name: String, id: String)] = []
    private var groups: [(name: String, id: String)] = []
    private var tasks: [Task<Void, Never>] = []

    static let caller = EditContext.Caller(
        userID: "u1", userName: "ada", projectID: "11111111111111111111111111111111", projectName: "demo",
        domainID: "default", domainName: "Default", roles: ["member"], isAdmin: false)

    /// Contrail's API is for administrators.
    static let administrator = EditContext.Caller(
        userID: "u0", userName: "root", projectID: "33333333333333333333333333333333", projectName: "admin",
        domainID: "default", domainName: "Default", roles: ["admin"], isAdmin: true)

    init(world: World, proxy: SimulatedProxy, cloud: PreparedCloud) {
        self.world = world
        self.proxy = proxy
        self.cloud = cloud
    }

    /// Starts clients, each with some requests one after the other. In some schedules they delete in the end what they
    /// have made: a request that is done a second time can then find everything as it was before the first.
    func start(clients: Int, requests: Int, pause: SimulatedTime) {
        let isTidy = world.scheduler.chance.happens(0.5)
        for client in 0..<clients {
            running += 1
            tasks.append(
                Task(executorPreference: world.outside) {
                    for number in 0..<requests {
                        try? await self.world.scheduler.sleep(self.world.scheduler.chance.time(0...pause))
                        await self.step("\(client)-\(number)")
                    }
                    if isTidy { await self.tidyUp() }
                    self.running -= 1
                })
        }
    }

    private func step(_ label: String) async {
        switch world.scheduler.chance.number(below: 20) {
        case 0, 1:
            if let id = await create("networks", "network", ["name": .string("net-\(label)")]) {
                networks.append(("net-\(label)", id))
            }
        case 2, 3, 4:
            let some = [cloud.lan, cloud.lan, cloud.pool] + networks.map(\.id)
            let network = world.scheduler.chance.choice(some) ?? cloud.lan
            await createPort("port-\(label)", network: network, group: world.scheduler.chance.choice(groups)?.id)
        case 5:
            guard !ports.isEmpty else { return }
            let port = ports.remove(at: world.scheduler.chance.number(below: ports.count))
            await delete("ports", port)
        case 6:
            guard !networks.isEmpty else { return }
            let network = networks.remove(at: world.scheduler.chance.number(below: networks.count))
            // Sometimes a port comes to the network at the same time: one of the two must be refused.
            async let port: Void =
                world.scheduler.chance.happens(0.5) ? createPort("port-\(label)", network: network.id) : ()
            await delete("networks", network)
            await port
        case 7:
            if let id = await create("security-groups", "security_group", ["name": .string("group-\(label)")]) {
                groups.append(("group-\(label)", id))
            }
        case 8:
            guard !groups.isEmpty else { return }
            let group = groups.remove(at: world.scheduler.chance.number(below: groups.count))
            async let port: Void =
                world.scheduler.chance.happens(0.5)
                ? createPort("port-\(label)", network: cloud.lan, group: group.id) : ()
            await delete("security-groups", group)
            await port
        case 9, 10, 11:
            let attribute = world.scheduler.chance.happens(0.5) ? "description" : "name"
            await write(world.scheduler.chance.choice(cloud.registers) ?? "", attribute, value: label)
        case 14, 15: await makeConfigNetwork("config-\(label)")
        case 16: await takeAddresses()
        case 17: await giveBackAddress("port-\(label)")
        case 18: await makeMany("bulk-\(label)")
        case 19: await changeLimitOrNumber()
        default:
            let attribute = world.scheduler.chance.happens(0.5) ? "description" : "name"
            await read(world.scheduler.chance.choice(cloud.registers) ?? "", attribute)
        }
    }

    private func tidyUp() async {
        while let port = ports.popLast() { await delete("ports", port) }
        while let network = networks.popLast() { await delete("networks", network) }
        while let group = groups.popLast() { await delete("security-groups", group) }
    }

    func createPort(_ name: String, network: String, group: String? = nil, address: String? = nil) async {
        var attributes: JSONObject = ["name": .string(name), "network_id": .string(network)]
        if let group { attributes["security_groups"] = [.string(group)] }
        if let address {
            attributes["fixed_ips"] = [["ip_address": .string(address)]]
        } else if network == cloud.lan, world.scheduler.chance.happens(0.3) {
            let address = "10.0.0.\(2 + world.scheduler.chance.number(below: 5))"
            attributes["fixed_ips"] = [["ip_address": .string(address)]]
        }
        if let id = await create("ports", "port", attributes) { ports.append((name, id)) }
    }

    private func create(_ collection: String, _ resource: String, _ attributes: JSONObject) async -> String? {
        let name = attributes["name"]?.stringValue ?? ""
        var id: String?
        await record(.create(name: name)) {
            let reply = await self.send("POST", "/v2.0/\(collection)", [resource: .object(attributes)])
            return reply.outcome(ifDone: 201) { body in
                id = body[resource]?["id"]?.stringValue
                return id
            }
        }
        return id
    }

    private func write(_ id: String, _ attribute: String, value: String) async {
        await record(.write(register: "\(id) \(attribute)", value: value)) {
            let reply = await self.send("PUT", "/v2.0/networks/\(id)", ["network": [attribute: .string(value)]])
            return reply.outcome(ifDone: 200) { _ in nil }
        }
    }

    private func read(_ id: String, _ attribute: String) async {
        await record(.read(register: "\(id) \(attribute)")) {
            let reply = await self.send("GET", "/v2.0/networks/\(id)", nil)
            return reply.outcome(ifDone: 200) { $0["network"]?[attribute]?.stringValue }
        }
    }

    private func delete(_ collection: String, _ object: (name: String, id: String)) async {
        doomed.insert(object.name)
        let isConfig = collection == "networks" && world.scheduler.chance.happens(0.3)
        let path = isConfig ? "/virtual-network/\(object.id)" : "/v2.0/\(collection)/\(object.id)"
        let reply = await send("DELETE", path, nil, by: isConfig ? Self.administrator : Self.caller)
        switch reply.status {
        case 200, 204: deleted.insert(object.id)
        case 404: oddities.append("\(object.name), which nobody else deletes, was not found by its deletion")
        default: break
        }
    }

    func record(
        _ operation: RecordedRequest.Operation, _ body: () async -> RecordedRequest.Outcome
    ) async {
        let start = world.scheduler.time
        note(operation, since: start, await body())
    }

    func note(
        _ operation: RecordedRequest.Operation, since start: SimulatedTime, _ outcome: RecordedRequest.Outcome
    ) {
        world.scheduler.note("client: \(operation): \(outcome)")
        history.append(
            RecordedRequest(
                operation: operation, start: Int64(start), end: Int64(world.scheduler.time), outcome: outcome))
    }

    struct Reply {
        let status: Int
        let body: [UInt8]

        func outcome(ifDone: Int, _ value: (JSONValue) -> String?) -> RecordedRequest.Outcome {
            if status == ifDone { return .succeeded(value((try? JSONValue(parsing: body)) ?? .null)) }
            return (400..<500).contains(status) ? .refused(status: status) : .unknown(reason: "\(status)")
        }
    }

    func send(
        _ method: String, _ path: String, _ body: JSONObject?, by caller: EditContext.Caller = Workload.caller
    ) async -> Reply {
        let start = world.scheduler.time
        let request = APIRequest(
            method: method, path: path, body: body.map { JSONValue.object($0).bytes } ?? [], caller: caller)
        let answer = await proxy.respond(to: request)
        if let answer, answer.status == 500 { oddities.append("\(method) \(path) was answered by 500") }
        let seconds = (world.scheduler.time - start) / .second
        if seconds > 120 { oddities.append("\(method) \(path) took \(seconds) s") }
        return Reply(status: answer?.status ?? 0, body: answer?.body ?? [])
    }
}
