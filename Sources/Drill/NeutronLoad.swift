import FoundationEssentials
import History
import JSON
import Synchronization

/// A load on the Neutron API through the virtual IPs: ports are made, networks' descriptions written and read back, and
/// lists asked for, at a steady rate whatever the answers are.
///
/// Half of the requests have a connection of their own, as those of a command that was just started have; the others are
/// sent on connections that are kept, as a service does.
///
/// A request has *failed* when its client did not get what it asked for: the connection broke, there was no answer within
/// 10 s, or the answer was an error. Nothing is sent twice: a request whose connection breaks has failed, also when the
/// connection had been idle. That is what keystoneauth does by default (`connect_retries=0` over requests with
/// `max_retries=0`): of a pooled connection it only looks whether the server has closed it already, and takes a new one
/// then, as the pool here does. Clients that are set to try again (Nova's `http_retries`) see less than is counted here.
///
/// An *outage* is the longest time without a successful answer of one of the virtual IPs while a request was waiting for
/// one there (``History/Availability``).
final class NeutronLoad: ScenarioLoad {
    private let plan: LoadPlan
    private let urls: [String]
    private let token: String
    private let client: HTTPLoadClient
    private let prefix: String
    private let set: LoadSet
    let recorder = RequestRecorder()
    let schedule: LoadSchedule
    private let fixture = Mutex(Fixture())

    private struct Fixture {
        var network = ""
        var registers: [String] = []
        /// The limit on ports that was lifted.
        var quota: Int?
    }

    private var quota: LoadQuota { LoadQuota(client: client, url: urls[0], token: token) }

    /// - Parameters:
    ///   - urls: the Neutron API at each virtual IP; requests go to them in turn.
    ///   - prefix: begins the name of everything the load makes.
    init(plan: LoadPlan, urls: [String], token: String, client: HTTPLoadClient, prefix: String) {
        self.plan = plan
        self.urls = urls
        self.token = token
        self.client = client
        self.prefix = prefix
        schedule = LoadSchedule(rate: plan.rate, outstanding: plan.outstanding)
        set = LoadSet(client: client, token: token, prefix: prefix)
    }

    /// Makes the networks that the load uses.
    func prepare() async throws {
        let lifted = try await quota.lift()
        fixture.withLock { $0.quota = lifted }
        // Said in the network itself, so that the next drill can set it again when this one is killed.
        let description = JSONValue.string(LoadLeftovers.description(quota: lifted))
        let network = try await make(
            "networks", "network", ["name": .string("\(prefix)-ports"), "description": description])
        fixture.withLock { $0.network = network }
        _ = try await make(
            "subnets", "subnet", ["network_id": .string(network), "cidr": "10.96.0.0/12", "ip_version": 4])
        for index in 0..<plan.registers {
            let register = try await make("networks", "network", ["name": .string("\(prefix)-register-\(index)")])
            fixture.withLock { $0.registers.append(register) }
        }
    }

    func run() async {
        let fixture = fixture.withLock { $0 }
        await schedule.run { await self.send($0, fixture) }
    }

    func collect() async throws -> LoadRecord {
        LoadRecord(requests: recorder.requests, objects: try await presentPorts())
    }

    /// Every port of the load that is there.
    private func presentPorts() async throws -> [LoadRecord.PresentObject] {
        let network = fixture.withLock { $0.network }
        // Without a network of its own the load has made no port, and an empty filter would find everybody's.
        guard !network.isEmpty else { return [] }
        let answer = try await client.persistently(
            "GET", "\(urls[0])/v2.0/ports?network_id=\(network)&fields=id&fields=name", token: token, expecting: [200])
        guard let ports = answer.json["ports"]?.arrayValue else {
            throw DrillError("the ports of the load cannot be listed")
        }
        return ports.compactMap { port in
            guard let name = port["name"]?.stringValue, let id = port["id"]?.stringValue else { return nil }
            return LoadRecord.PresentObject(name: name, id: id)
        }
    }

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
        if let limit = fixture.quota {
            do { try await quota.restore(limit) } catch { left.append("port quota \(limit): \(error)") }
        }
        for id in fixture.registers + [fixture.network] where !id.isEmpty {
            if await !delete("networks/\(id)") { left.append("network \(id)") }
        }
        return left
    }

    private func delete(_ path: String) async -> Bool {
        let url = "\(urls[0])/v2.0/\(path)"
        return (try? await client.persistently("DELETE", url, token: token, expecting: [204, 404])) != nil
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
        let connection = plan.connection(index / urls.count)
        // The set's numbers are all even: taken in pairs, they come to each address as well.
        let address = urls[index / 16 % urls.count]
        if (1..<100).contains(plan.readShare),
            let request = await set.send(
                index, url: address, on: plan.connection(index / 16 / urls.count), network: fixture.network,
                clock: { recorder.now })
        {
            return recorder.add(request)
        }
        let register = fixture.registers[index / 7 % fixture.registers.count]
        switch plan.kind(index) {
        case .create:
            let name = "\(prefix)-\(index)"
            await record(url, .create(name: name)) {
                let answer = try await client.send(
                    "POST", "\(url)/v2.0/ports", token: token,
                    body: ["port": ["name": .string(name), "network_id": .string(fixture.network)]],
                    on: connection)
                return (answer, 201, answer.json["port"]?["id"]?.stringValue)
            }
        case .write:
            let value = "value-\(index)"
            await record(url, .write(register: register, value: value)) {
                let answer = try await client.send(
                    "PUT", "\(url)/v2.0/networks/\(register)", token: token,
                    body: ["network": ["description": .string(value)]], on: connection)
                return (answer, 200, nil)
            }
        case .read:
            await record(url, .read(register: register)) {
                let answer = try await client.send(
                    "GET", "\(url)/v2.0/networks/\(register)?fields=description", token: token,
                    on: connection)
                return (answer, 200, answer.json["network"]?["description"]?.stringValue)
            }
        case .list:
            await record(url, .query("networks")) {
                (
                    try await client.send("GET", "\(url)/v2.0/networks?limit=20", token: token, on: connection), 200,
                    nil
                )
            }
        }
    }

    private func record(
        _ url: String, _ operation: RecordedRequest.Operation,
        _ body: () async throws -> (answer: HTTPLoadClient.Answer, expected: Int, value: String?)
    ) async {
        await recorder.record(operation, at: url) {
            let result = try await body()
            return RecordedRequest.Outcome(result.answer, to: operation, expecting: result.expected) { _ in
                .succeeded(result.value)
            }
        }
    }
}
