import History
import JSON
import Synchronization

/// The part of a load that makes, deletes and lists the ports of one device, so that lists can be checked: a list must
/// have each port that was there before it began and none that was deleted before. The set stays small however long the
/// load runs, and so does what is recorded of it.
final class LoadSet: Sendable {
    /// One of so many requests of the load is for the set; of these, half are lists.
    private static let share = 8
    /// The most ports that are known to be there.
    private static let size = 24
    /// The most ports that may be there without anybody knowing; no more are made then.
    private static let strays = 64

    private struct State {
        var members: [(element: String, id: String)] = []
        var strays = 0
    }

    private enum Step {
        case insert(element: String)
        case remove(element: String, id: String)
        case list
    }

    private let client: HTTPLoadClient
    private let token: String
    /// The device of the ports, and how their names begin.
    private let prefix: String
    private let state = Mutex(State())

    init(client: HTTPLoadClient, token: String, prefix: String) {
        self.client = client
        self.token = token
        self.prefix = prefix
    }

    /// Does what the load's request of a number is to do with the set; nil when it is not for the set.
    ///
    /// - Parameters:
    ///   - url: the Neutron API.
    ///   - connection: which it is sent on.
    ///   - network: the ports' network.
    ///   - clock: microseconds of the load's clock.
    func send(
        _ index: Int, url: String, on connection: HTTPLoadClient.Connection, network: String, clock: () -> Int64
    ) async -> RecordedRequest? {
        guard index % Self.share == Self.share / 2 else { return nil }
        let step = next(index)
        let start = clock()
        let outcome: RecordedRequest.Outcome
        do {
            outcome = try await perform(step, url: url, connection, network: network)
        } catch {
            outcome = .unknown(reason: "\(error)")
        }
        note(step, outcome)
        return RecordedRequest(
            operation: operation(step), address: url, start: start, end: clock(), outcome: outcome)
    }

    private func next(_ index: Int) -> Step {
        state.withLock { state in
            switch index / Self.share % 4 {
            case 0 where state.members.count < Self.size && state.strays < Self.strays:
                .insert(element: "m\(index)")
            // A port lives for a while, so that lists find some.
            case 2 where state.members.count > Self.size / 3:
                { .remove(element: $0.element, id: $0.id) }(state.members.removeFirst())
            default: .list
            }
        }
    }

    private func perform(
        _ step: Step, url: String, _ connection: HTTPLoadClient.Connection, network: String
    ) async throws -> RecordedRequest.Outcome {
        switch step {
        case .insert(let element):
            let answer = try await client.send(
                "POST", "\(url)/v2.0/ports", token: token,
                body: [
                    "port": [
                        "name": .string("\(prefix)-\(element)"), "network_id": .string(network),
                        "device_id": .string(prefix),
                    ]
                ], on: connection)
            return RecordedRequest.Outcome(answer, to: operation(step), expecting: 201) {
                .succeeded($0["port"]?["id"]?.stringValue)
            }
        case .remove(_, let id):
            let answer = try await client.send("DELETE", "\(url)/v2.0/ports/\(id)", token: token, on: connection)
            return RecordedRequest.Outcome(answer, to: operation(step), expecting: 204) { _ in .succeeded(nil) }
        case .list:
            let answer = try await client.send(
                "GET", "\(url)/v2.0/ports?device_id=\(prefix)&fields=name", token: token, on: connection)
            return RecordedRequest.Outcome(answer, to: operation(step), expecting: 200) { body in
                let names = (body["ports"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
                return .listed(names.map { String($0.dropFirst(prefix.count + 1)) })
            }
        }
    }

    private func note(_ step: Step, _ outcome: RecordedRequest.Outcome) {
        state.withLock { state in
            switch (step, outcome) {
            case (.insert(let element), .succeeded(let id?)): state.members.append((element, id))
            case (.list, _), (.remove, .succeeded): break
            // Whether it is there or not: it is not touched again, so that each element has one insert and one remove.
            case (.insert, _), (.remove, _): state.strays += 1
            }
        }
    }

    private func operation(_ step: Step) -> RecordedRequest.Operation {
        switch step {
        case .insert(let element): .insert(set: "ports of a device", element: element)
        case .remove(let element, _): .remove(set: "ports of a device", element: element)
        case .list: .list(set: "ports of a device")
        }
    }
}

extension RecordedRequest.Outcome {
    /// What an answer says of its request.
    ///
    /// A write that is answered with 503 may have been done nevertheless: the proxy sends a request again when the first
    /// controller does not answer, and the one that refuses need not know what the first one did.
    ///
    /// - Parameters:
    ///   - operation: what was asked.
    ///   - status: that of success.
    ///   - success: what the body of such an answer says.
    init(
        _ answer: HTTPLoadClient.Answer, to operation: RecordedRequest.Operation, expecting status: Int,
        success: (JSONValue) -> RecordedRequest.Outcome
    ) {
        if answer.status == status {
            self = success(answer.json)
        } else if (400..<500).contains(answer.status) || (answer.status == 503 && !operation.isWrite) {
            self = .refused(status: answer.status)
        } else {
            self = .unknown(reason: "status \(answer.status)")
        }
    }
}
