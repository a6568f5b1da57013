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
    /// A network whose subnet has thirteen addresses, which are also taken without ports.
    let pool: String
    /// Networks whose name and description are written and read.
    let registers: [String]

    /// Made once, by the product's own code, in a simulation without faults.
    static let standard = Result { try PreparedCloud(schema: .standard()) }

    private init(schema: Schema) throws {
        self.schema = schema
        let scheduler = Scheduler(seed: 0, isRecording: false)
        let world = World(
            scheduler: scheduler, weather: Weather(), defect: nil, schema: schema, contents: StoreContents())
        let controller = { world.controllers[0].current }
        var ids: [String] = []
        let setUp = Task(executorPreference: world.outside) {
            while world.controllers[0].current?.service.unreadiness != nil { try await scheduler.sleep(.second) }
            func send(
                _ method: String, _ path: String, _ body: JSONValue, _ caller: EditContext.Caller = Workload.caller
            ) async throws -> JSONValue {
                let answer = try await controller()?.respond(
                    to: .init(method: method, path: path, body: body.bytes, caller: caller))
                return try JSONValue(parsing: answer?.body ?? [])
            }
            var ids: [JSONValue] = []
            for name in ["lan", "pool", "register-0", "register-1"] {
                let made = try await send("POST", "/v2.0/networks", ["network": ["name": .string(name)]])
                ids.append(made["network"]?["id"] ?? .null)
            }
            for (network, cidr) in zip(ids, ["10.0.0.0/29", "10.0.1.0/28"]) {
                let subnet: JSONValue = ["network_id": network, "ip_version": 4, "cidr": .string(cidr)]
                _ = try await send("POST", "/v2.0/subnets", ["subnet": subnet])
            }
            _ = try await send(
                "PUT", "/v2.0/quotas/\(Workload.caller.projectID)", ["quota": ["network": 9, "port": 11]],
                Workload.administrator)
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
        func id(_ name: String) -> String {
            ids.first { $0.contains(":\(name)") }?.split(separator: " ").last.map(String.init) ?? ""
        }
        lan = id("lan")
        pool = id("pool")
        registers = ids.filter { $0.contains(":register") }.compactMap {
            $0.split(separator: " ").last.map(String.init)
        }
    }
}
