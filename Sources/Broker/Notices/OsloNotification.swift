import JSON
import Time

extension Notice {
    /// Neutron's notifications in oslo.messaging's envelope, version 2.0: a JSON object whose `oslo.message` is the
    /// message as JSON text. The context's members stand in the message with the prefix `_context_`.
    ///
    /// - Parameter host: the controller that the change was made on, for `publisher_id`.
    func osloMessages(host: String) -> [OutgoingMessage] {
        neutronEvents.indices.map { osloMessage($0, host: host) }
    }

    private func osloMessage(_ index: Int, host: String) -> OutgoingMessage {
        let messageID = osloMessageID(neutronEvents[index].number ?? index)
        var message: JSONObject = [
            "message_id": .string(messageID), "publisher_id": .string("network.\(host)"),
            "event_type": .string(neutronEvents[index].type), "priority": "INFO",
            "payload": .object(neutronEvents[index].payload), "timestamp": .string(time.openStackText),
            "_unique_id": .string(messageID.filter { $0 != "-" }),
        ]
        for member in osloContext { message["_context_" + member.name] = member.value }

        var writer = JSONWriter(capacity: 2048)
        writer.beginObject()
        writer.name("oslo.version")
        writer.value("2.0")
        writer.name("oslo.message")
        writer.value(JSONValue.object(message).text)
        writer.endObject()
        return OutgoingMessage(
            exchange: NoticeTopology.osloExchange, routingKey: NoticeTopology.osloRoutingKey, body: writer.finish(),
            messageID: messageID, expiration: NoticeTopology.osloExpiration)
    }

    /// The notice's own id for its first event; the others' differ in the last digits, and are the same in each try.
    private func osloMessageID(_ index: Int) -> String {
        guard index > 0, let last = UInt64(id.suffix(12), radix: 16) else { return id }
        let digits = String((last &+ UInt64(index)) & 0xffff_ffff_ffff, radix: 16)
        return id.dropLast(12) + String(repeating: "0", count: 12 - digits.utf8.count) + digits
    }

    /// What neutron-lib's context turns into, without the token, which is nobody's business on a bus.
    private var osloContext: JSONObject {
        func text(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }
        let identity = [actor?.userID, actor?.projectID, nil, actor?.userDomainID, actor?.projectDomainID]
        return [
            "user_id": text(actor?.userID), "user": text(actor?.userID), "user_name": text(actor?.userName),
            "project_id": text(actor?.projectID), "tenant_id": text(actor?.projectID),
            "tenant": text(actor?.projectID), "project_name": text(actor?.projectName),
            "tenant_name": text(actor?.projectName), "domain_id": .null, "domain": .null,
            "user_domain_id": text(actor?.userDomainID), "user_domain": text(actor?.userDomainID),
            "project_domain_id": text(actor?.projectDomainID), "project_domain": text(actor?.projectDomainID),
            "system_scope": .null, "is_admin": .bool(actor?.isAdmin ?? true), "is_admin_project": true,
            "roles": .array((actor?.roles ?? []).map(JSONValue.string)), "read_only": false, "show_deleted": false,
            "auth_token": .null, "request_id": .string(requestID), "global_request_id": .null, "resource_uuid": .null,
            "user_identity": .string(identity.map { $0 ?? "-" }.joined(separator: " ")),
            "timestamp": .string(time.openStackText),
        ]
    }
}
