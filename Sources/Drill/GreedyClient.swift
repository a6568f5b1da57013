import Blueprint
import JSON
import Keystone
import Synchronization

/// One client that sends its worst requests while the others go on: see ``GreedyBody``. It is a tenant of its own where
/// Keystone lets the drill make one, and the drill's own user otherwise; what only administrators may ask for, it asks
/// as the drill's user. First its project has the usual quotas, which refuse much at once; then it has none.
final class GreedyClient: Sendable {
    /// How many requests of a kind are sent at once, in turn: each kind by itself first, so that it is seen what one does.
    private static let crowds = [1, 16]
    /// How long the client waits for an answer, in seconds.
    private static let patience: Int64 = 15

    private let installation: Installation
    private let client: HTTPLoadClient
    /// Of the drill's user.
    private let token: String
    private let record: ScenarioRecord
    private let state = Mutex(State())

    private struct State {
        /// Of the client's own project, when there is one.
        var tenant: (token: String, projectID: String)?
        var fixture = GreedyBody.Fixture(name: GreedyTenant.name)
        var answers: [GreedyAnswers] = []
    }

    init(_ installation: Installation, client: HTTPLoadClient, token: String, record: ScenarioRecord) {
        self.installation = installation
        self.client = client
        self.token = token
        self.record = record
    }

    /// What the client was told, by kind.
    var answers: [GreedyAnswers] { state.withLock { $0.answers } }

    private var tenantToken: String { state.withLock { $0.tenant?.token } ?? token }

    private func url(_ service: ProxiedService, _ path: String) -> String {
        installation.url(installation.serviceAddresses[0].address, service) + path
    }

    // MARK: - Prepare

    /// Makes what the requests refer to, after removing what a killed drill has left of it.
    ///
    /// - Throws: ``DrillError`` when the installation does not do it.
    func prepare(_ progress: (String) -> Void) async throws {
        let left = await clean()
        guard left.isEmpty else {
            throw DrillError("an earlier greedy client cannot be removed: \(left.joined(separator: ", "))")
        }
        do {
            let made = try await GreedyTenant(installation).make()
            state.withLock { $0.tenant = made }
        } catch {
            progress("the greedy client has no project of its own, which Keystone does not make: \(error)")
        }
        let name = GreedyTenant.name
        let network = try await make("network", ["name": .string(name)])
        let subnet = try await make(
            "subnet", ["network_id": .string(network), "cidr": "10.32.0.0/12", "ip_version": 4])
        let group = try await make("security_group", ["name": .string(name)])
        let value = String(repeating: "x", count: GreedyBody.valueBytes)
        _ = try await client.persistently(
            "POST", url(.config, "/useragent-kv"), token: token,
            body: ["operation": "STORE", "key": .string(name), "value": .string(value)], expecting: [200])
        let object = try await client.persistently(
            "GET", url(.config, "/virtual-network/\(network)"), token: token, expecting: [200]
        ).json["virtual-network"]
        let project = (object?["fq_name"]?.arrayValue ?? []).dropLast().compactMap(\.stringValue)
        state.withLock {
            $0.fixture = GreedyBody.Fixture(
                name: name, network: network, subnet: subnet, group: group, project: project, key: name)
        }
    }

    private func make(_ resource: String, _ body: JSONObject) async throws -> String {
        let path = "/v2.0/\(resource.replacing("_", with: "-"))s"
        let answer = try await client.persistently(
            "POST", url(.neutron, path), token: tenantToken, body: [resource: .object(body)], expecting: [201])
        guard let id = answer.json[resource]?["id"]?.stringValue else {
            throw DrillError("the greedy client's \(resource) has no id")
        }
        return id
    }

    // MARK: - Run

    /// Sends all kinds, until the time is over or the task is cancelled. Requests under way are waited for.
    ///
    /// - Parameter progress: called with a line for each kind.
    func run(seconds: Double, _ progress: (String) -> Void) async {
        let (fixture, hasTenant) = state.withLock { ($0.fixture, $0.tenant != nil) }
        let bodies = GreedyBody.all(fixture, makesNameless: hasTenant)
        state.withLock { $0.answers = bodies.map { GreedyAnswers(kind: $0.kind, bytes: $0.bytes.count) } }
        let deadline = ContinuousClock.now + .seconds(seconds)
        for crowd in Self.crowds {
            if crowd > 1 { await liftQuotas(progress) }
            for (index, body) in bodies.enumerated() {
                guard ContinuousClock.now < deadline, !Task.isCancelled else {
                    state.withLock { $0.answers[index].unsent += crowd }
                    continue
                }
                let what = "\(body.kind), \(crowd) at once"
                record.beginFault(what, on: "greedy client")
                await withDiscardingTaskGroup { group in
                    for _ in 0..<crowd { group.addTask { await self.send(body, index) } }
                }
                record.endFault(what, on: "greedy client")
                progress("\(what): \(answers[index].text)")
            }
        }
    }

    /// Lets the client's own project have as much as it asks for; nobody else's.
    private func liftQuotas(_ progress: (String) -> Void) async {
        guard let projectID = state.withLock({ $0.tenant?.projectID }) else { return }
        let kinds = ["network", "subnet", "port", "security_group", "security_group_rule"]
        do {
            _ = try await client.persistently(
                "PUT", url(.neutron, "/v2.0/quotas/\(projectID)"), token: token,
                body: ["quota": .object(JSONObject(kinds.map { ($0, .integer(-1)) }))], expecting: [200])
        } catch {
            progress("the greedy client's quotas stay: \(error)")
        }
    }

    private func send(_ body: GreedyBody, _ index: Int) async {
        let (client, url) = (client, url(body.service, body.path))
        let token = body.service == .neutron ? tenantToken : token
        let start = ContinuousClock.now
        let outcome = await within(.seconds(Self.patience)) { () async -> Result<Int, any Error> in
            do {
                return .success(
                    try await client.drain(
                        body.method, url, token: token, body: body.bytes, seconds: Self.patience))
            } catch {
                return .failure(error)
            }
        }
        let seconds = start.duration(to: .now) / .seconds(1)
        state.withLock {
            switch outcome {
            case .success(let status): $0.answers[index].add(status: status, seconds: seconds)
            case .failure(let error): $0.answers[index].add(status: nil, reason: "\(error)", seconds: seconds)
            case nil: $0.answers[index].add(status: nil, reason: "\(Self.patience) s", seconds: seconds)
            }
        }
    }

    // MARK: - Clean

    /// Removes everything that the client has made, its project and its user too.
    ///
    /// - Returns: what is left, in words.
    func clean() async -> [String] {
        var left: [String] = []
        // Without Keystone's leave there is no tenant, and what there is has the name.
        let tenant = try? await GreedyTenant(installation)
        let projectID = try? await tenant?.projectID()
        let names = GreedyBody.Fixture(name: GreedyTenant.name)
        let filter = projectID.map { "project_id=\($0)" } ?? "name=\(names.name)&name=\(names.secondName)"
        for collection in ["ports", "networks", "security-groups"] {
            do { try await removeAll(collection, filter) } catch { left.append("\(collection): \(error)") }
        }
        do {
            _ = try await client.persistently(
                "POST", url(.config, "/useragent-kv"), token: token,
                body: ["operation": "DELETE", "key": .string(GreedyTenant.name)], expecting: [200, 404])
            if let projectID {
                _ = try await client.persistently(
                    "DELETE", url(.config, "/project/\(Self.dashed(projectID))"), token: token,
                    expecting: [200, 404])
            }
        } catch {
            left.append("\(error)")
        }
        guard projectID != nil, left.isEmpty else { return left }
        do { try await tenant?.remove() } catch { left.append("project \(GreedyTenant.name): \(error)") }
        return left
    }

    private func removeAll(_ collection: String, _ filter: String) async throws {
        let url = url(.neutron, "/v2.0/\(collection)")
        // A page at a time: there may be more than one answer has.
        while true {
            let page = try await client.persistently(
                "GET", "\(url)?\(filter)&fields=id&limit=200", token: token, expecting: [200])
            let ids = (page.json[collection.replacing("-", with: "_")]?.arrayValue ?? []).compactMap {
                $0["id"]?.stringValue
            }
            if ids.isEmpty { return }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (number, id) in ids.enumerated() {
                    if number >= 8 { try await group.next() }
                    group.addTask {
                        _ = try await self.client.persistently(
                            "DELETE", "\(url)/\(id)", token: self.token, expecting: [204, 404])
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    /// Keystone's form of an id in the config API's.
    private static func dashed(_ id: String) -> String {
        guard id.count == 32 else { return id }
        var (parts, rest) = ([String](), Substring(id))
        for count in [8, 4, 4, 4, 12] {
            parts.append(String(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        return parts.joined(separator: "-")
    }
}
