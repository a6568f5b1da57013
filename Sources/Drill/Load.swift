import FoundationEssentials
import History
import JSON
import Synchronization

/// A load on the Neutron API through the virtual IPs: ports are made, networks' descriptions written and read back, and
/// lists asked for, at a steady rate whatever the answers are.
final class Load: Sendable {
    /// How much, and of what.
    struct Plan: Sendable {
        /// Requests per second, sent on schedule whether or not earlier ones have been answered.
        var rate = 200
        /// Of a hundred requests, how many make a port, write a register, read a register; the rest are lists.
        var creates = 25
        var writes = 25
        var reads = 25
        /// How many networks serve as registers.
        var registers = 8
        /// The most requests under way; beyond it the schedule waits, and says so.
        var outstanding = 2000
    }

    private let plan: Plan
    private let urls: [String]
    private let token: String
    private let client: HTTPLoadClient
    private let prefix: String
    private let recorded = Mutex<[RecordedRequest]>([])
    private let origin = ContinuousClock.now
    private let fixture = Mutex(Fixture())

    private struct Fixture {
        var network = ""
        var registers: [String] = []
    }

    /// - Parameters:
    ///   - urls: the Neutron API at each virtual IP; requests go to them in turn.
    ///   - prefix: begins the name of everything the load makes.
    init(plan: Plan, urls: [String], token: String, client: HTTPLoadClient, prefix: String) {
        self.plan = plan
        self.urls = urls
        self.token = token
        self.client = client
        self.prefix = prefix
    }

    /// Makes the networks that the load uses.
    ///
    /// - Throws: ``DrillError`` when the installation does not do it.
    func prepare() async throws {
        let network = try await make("networks", "network", ["name": .string("\(prefix)-ports")])
        _ = try await make(
            "subnets", "subnet", ["network_id": .string(network), "cidr": "10.96.0.0/12", "ip_version": 4])
        var registers: [String] = []
        for index in 0..<plan.registers {
            registers.append(try await make("networks", "network", ["name": .string("\(prefix)-register-\(index)")]))
        }
        fixture.withLock { $0 = Fixture(network: network, registers: registers) }
    }

    /// Sends requests until cancelled; then waits for those under way.
    func run() async {
        let fixture = fixture.withLock { $0 }
        let interval = Duration.seconds(1) / plan.rate
        await withDiscardingTaskGroup { group in
            var index = 0
            var due = ContinuousClock.now
            while !Task.isCancelled {
                due += interval
                try? await Task.sleep(until: due, tolerance: .microseconds(200))
                let number = index
                index += 1
                // Requests under way are part of the measurement: a stop of the load must not cut them off.
                let request = Task { await self.send(number, fixture) }
                group.addTask { await request.value }
            }
        }
    }

    /// What has been recorded so far.
    var requests: [RecordedRequest] { recorded.withLock { $0 } }

    /// Microseconds since the load was made: the time of ``requests``.
    var now: Int64 { microseconds(since: origin) }

    /// Name and id of every port of the load that is there.
    func presentPorts() async throws -> [(name: String, id: String)] {
        let network = fixture.withLock { $0.network }
        let answer = try await client.send(
            "GET", "\(urls[0])/v2.0/ports?network_id=\(network)&fields=id&fields=name", token: token, seconds: 60)
        guard answer.status == 200, let ports = answer.json["ports"]?.arrayValue else {
            throw DrillError("the ports of the load cannot be listed: status \(answer.status)")
        }
        return ports.compactMap { port in
            guard let name = port["name"]?.stringValue, let id = port["id"]?.stringValue else { return nil }
            return (name, id)
        }
    }

    /// Deletes everything that the load made; what cannot be deleted is left and named.
    ///
    /// - Returns: what is left.
    func clean() async -> [String] {
        var left: [String] = []
        let fixture = fixture.withLock { $0 }
        let ports = (try? await presentPorts()) ?? []
        await withTaskGroup(of: String?.self) { group in
            var pending = ports[...]
            func next() {
                guard let port = pending.popFirst() else { return }
                group.addTask {
                    await self.delete("ports/\(port.id)") ? nil : "port \(port.name)"
                }
            }
            for _ in 0..<16 { next() }
            for await result in group {
                if let result { left.append(result) }
                next()
            }
        }
        for id in fixture.registers + [fixture.network] where !id.isEmpty {
            if await !delete("networks/\(id)") { left.append("network \(id)") }
        }
        return left
    }

    private func delete(_ path: String) async -> Bool {
        for _ in 0..<3 {
            if let answer = try? await client.send("DELETE", "\(urls[0])/v2.0/\(path)", token: token),
                answer.status == 204 || answer.status == 404
            {
                return true
            }
        }
        return false
    }

    private func make(_ collection: String, _ resource: String, _ body: JSONObject) async throws -> String {
        let answer = try await client.send(
            "POST", "\(urls[0])/v2.0/\(collection)", token: token, body: [resource: .object(body)])
        guard answer.status == 201, let id = answer.json[resource]?["id"]?.stringValue else {
            throw DrillError(
                "the load's \(resource) cannot be made: status \(answer.status), "
                    + String(decoding: answer.body.prefix(300), as: UTF8.self))
        }
        return id
    }

    private func send(_ index: Int, _ fixture: Fixture) async {
        let url = urls[index % urls.count]
        let register = fixture.registers[index / 7 % fixture.registers.count]
        let kind = (index * 61) % 100
        if kind < plan.creates {
            let name = "\(prefix)-\(index)"
            await record(.create(name: name)) {
                let answer = try await client.send(
                    "POST", "\(url)/v2.0/ports", token: token,
                    body: ["port": ["name": .string(name), "network_id": .string(fixture.network)]])
                return (answer, 201, answer.json["port"]?["id"]?.stringValue)
            }
        } else if kind < plan.creates + plan.writes {
            let value = "value-\(index)"
            await record(.write(register: register, value: value)) {
                let answer = try await client.send(
                    "PUT", "\(url)/v2.0/networks/\(register)", token: token,
                    body: ["network": ["description": .string(value)]])
                return (answer, 200, nil)
            }
        } else if kind < plan.creates + plan.writes + plan.reads {
            await record(.read(register: register)) {
                let answer = try await client.send(
                    "GET", "\(url)/v2.0/networks/\(register)?fields=description", token: token)
                return (answer, 200, answer.json["network"]?["description"]?.stringValue)
            }
        } else {
            await record(.query("networks")) {
                (try await client.send("GET", "\(url)/v2.0/networks?limit=20", token: token), 200, nil)
            }
        }
    }

    private func record(
        _ operation: RecordedRequest.Operation,
        _ body: () async throws -> (answer: HTTPLoadClient.Answer, expected: Int, value: String?)
    ) async {
        let start = now
        let outcome: RecordedRequest.Outcome
        do {
            let result = try await body()
            if result.answer.status == result.expected {
                outcome = .succeeded(result.value)
            } else if (400..<500).contains(result.answer.status) || result.answer.status == 503 {
                outcome = .refused(status: result.answer.status)
            } else {
                outcome = .unknown(reason: "status \(result.answer.status)")
            }
        } catch {
            outcome = .unknown(reason: "\(error)")
        }
        let request = RecordedRequest(operation: operation, start: start, end: now, outcome: outcome)
        recorded.withLock { $0.append(request) }
    }

    private func microseconds(since start: ContinuousClock.Instant) -> Int64 {
        let (seconds, attoseconds) = start.duration(to: .now).components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }
}
