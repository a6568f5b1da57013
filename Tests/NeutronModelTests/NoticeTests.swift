import JSON
import NeutronModel
import Testing

@Suite struct NoticeTests {
    private struct Event {
        let uuid: String
        let type: String
        let payload: JSONValue
    }

    /// The events that wait in the outbox, in order.
    private func events(_ cloud: Cloud) throws -> [Event] {
        var notices: [(order: String, notice: JSONValue)] = []
        for (key, value) in cloud.outbox {
            notices.append((order: key, notice: try JSONValue(parsing: value)))
        }
        notices.sort { $0.order < $1.order }
        var events: [Event] = []
        for (_, notice) in notices {
            for event in notice["events"]?.arrayValue ?? [] {
                let type = event["event_type"]?.stringValue ?? ""
                events.append(
                    Event(uuid: notice["uuid"]?.stringValue ?? "", type: type, payload: event["payload"] ?? .null))
            }
        }
        return events
    }

    @Test func everyWriteIsTold() throws {
        var cloud = try Cloud()
        let network = try cloud.create(.networks, ["name": "a"])
        let subnet = try cloud.create(
            .subnets, ["network_id": .string(network.made), "ip_version": 4, "cidr": "10.0.0.0/24"])
        _ = try cloud.update(.networks, network.made, ["name": "b"])
        _ = try cloud.delete(.networks, network.made)
        let told = try events(cloud)
        #expect(
            told.map(\.type) == [
                "network.create.start", "network.create.end", "subnet.create.start", "subnet.create.end",
                "network.update.start", "network.update.end", "network.delete.start", "network.delete.end",
            ])
        try #require(told.count == 8)
        #expect(told.allSatisfy { $0.uuid == network.made })
        #expect(told[0].payload == ["network": ["name": "a"]])
        #expect(told[1].payload["network"]?["id"] == network["id"])
        #expect(told[3].payload["subnet"] == subnet.content)
        #expect(told[7].payload["network_id"] == network["id"])
        #expect(told[7].payload["network"]?["name"] == "b")
    }
}
