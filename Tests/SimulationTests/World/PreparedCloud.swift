import Addressing
import Controller
import HTTPService
import JSON
import Model
import NeutronAPI
import Simulator
import Store
import StoreContents

/// What every schedule begins with: the first objects of an installation, a small network and some to write to.
struct PreparedCloud: Sendable {
    let schema: Schema
    let contents: StoreContents
    /// A network whose subnet has five addresses.
    let lan: String
    /// Networks whose name and description are written and read.
    let registers: [String]

    /// Made once, by the product's own code, in a simulation without faults.
    static let standard = Result { try PreparedCloud(schema: .standard()) }

    private init(schema: Schema) throws {
        self.schema = schema
        let scheduler = Scheduler(seed: 0, isRecording: false)
        let world = World(
            scheduler: scheduler, weather: Weather(), defect: nil, schema: schema, contents: StoreContents())
        let handler = { world.controllers[0].current?.handler }
        var ids: [String] = []
        let setUp = Task(executorPreference: world.outside) {
            while world.controllers[0].current?.service.unreadiness != nil { try await scheduler.sleep(.second) }
            func make(_ collection: String, _ resource: String, _ attributes: JSONValue) async throws -> String {
                let body: JSONValue = [resource: attributes]
                let answer = try await handler()?.respond(
                    to: .init(
                        method: "POST", path: "/v2.0/\(collection)", body: body.bytes, caller: Workload.caller))
                return try JSONValue(parsing: answer?.body ?? [])[resource]?["id"]?.stringValue ?? ""
            }
            var ids: [String] = []
            for name in ["lan", "register-0", "register-1"] {
                ids.append(try await make("networks", "network", ["name": .string(name)]))
            }
            let cidr: JSONValue = ["network_id": .string(ids[0]), "ip_version": 4, "cidr": "10.0.0.0/29"]
            ids.append(try await make("subnets", "subnet", cidr))
            return ids
        }
        defer { world.clearAway() }
        scheduler.run(until: { world.broker.messages.count > 12 }, limit: 60 * .second)
        scheduler.run(until: { false }, limit: scheduler.time + 10 * .second)
        _ = setUp
        var contents = world.store.contents
        for lease in contents.aliveLeases { contents.endLease(lease) }
        self.contents = contents
        for entry in contents.list(prefix: "/names/virtual-network/").entries {
            ids.append("\(entry.key) \(String(decoding: entry.value, as: UTF8.self))")
        }
        lan = ids.first { $0.contains(":lan") }?.split(separator: " ").last.map(String.init) ?? ""
        registers = ids.filter { $0.contains(":register") }.compactMap {
            $0.split(separator: " ").last.map(String.init)
        }
    }
}
