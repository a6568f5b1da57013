import JSON
import Time

/// Why an entry of the outbox or of the history is not a notice.
package struct NoticeError: Error, Hashable, CustomStringConvertible {
    package let message: String

    package var description: String { "not a notice: \(message)" }
}

extension Notice {
    /// The notice as the outbox stores it.
    package var json: JSONObject {
        // The form comes first, where it is found without reading the rest.
        var json: JSONObject = form == .whole ? [:] : [NoticeForm.member: .string(form.rawValue)]
        json["id"] = .string(id)
        json["order"] = .string(order)
        json["type"] = .string(objectType)
        json["uuid"] = .string(objectID)
        json["operation"] = .string(operation.rawValue)
        json["fq_name"] = .array(fqName.map(JSONValue.string))
        json["request_id"] = .string(requestID)
        json["time"] = .string(time.rfc3339Text)
        if let object { json["object"] = .object(object) }
        if let extra { json["extra"] = .object(extra) }
        if !concernsConfigAPI { json["config_api"] = false }
        if !neutronEvents.isEmpty {
            json["events"] = .array(
                neutronEvents.map { event in
                    var json: JSONObject = ["event_type": .string(event.type), "payload": .object(event.payload)]
                    json["number"] = event.number.map { .integer($0) }
                    return .object(json)
                })
        }
        if let actor { json["actor"] = .object(actor.json) }
        return json
    }

    /// The notice as bytes of JSON.
    package var bytes: [UInt8] { JSONValue.object(json).bytes }

    /// Reads what ``bytes`` wrote. Unknown members are ignored, so that an older controller reads a newer one's notices.
    ///
    /// - Throws: ``NoticeError``
    package init(parsing bytes: some Sequence<UInt8>) throws(NoticeError) {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: bytes)
        } catch {
            throw NoticeError(message: error.description)
        }
        guard let object = value.objectValue else { throw NoticeError(message: "it is \(value.kind)") }
        try self.init(json: object)
    }

    /// Reads what ``json`` wrote.
    ///
    /// - Throws: ``NoticeError``
    package init(json: JSONObject) throws(NoticeError) {
        let operation = try Self.text("operation", in: json)
        guard let operation = Operation(rawValue: operation) else {
            throw NoticeError(message: "the operation \"\(operation)\" is unknown")
        }
        let time = try Self.text("time", in: json)
        guard let time = Timestamp(time) else { throw NoticeError(message: "the time \"\(time)\" is none") }
        var fqName: [String] = []
        for part in json["fq_name"]?.arrayValue ?? [] {
            guard let part = part.stringValue else { throw NoticeError(message: "fq_name is not a list of strings") }
            fqName.append(part)
        }
        var events: [NeutronEvent] = []
        for event in json["events"]?.arrayValue ?? [] {
            guard let type = event["event_type"]?.stringValue, let payload = event["payload"]?.objectValue else {
                throw NoticeError(message: "an event without event_type and payload")
            }
            events.append(NeutronEvent(type: type, payload: payload))
            events[events.count - 1].number = event["number"]?.integerValue
        }
        self.init(
            id: try Self.text("id", in: json), order: try Self.text("order", in: json),
            objectType: try Self.text("type", in: json), objectID: try Self.text("uuid", in: json),
            operation: operation, fqName: fqName, requestID: try Self.text("request_id", in: json), time: time,
            object: json["object"]?.objectValue, extra: json["extra"]?.objectValue,
            concernsConfigAPI: json["config_api"]?.boolValue ?? true, neutronEvents: events,
            actor: json["actor"]?.objectValue.map(Actor.init(json:)))
        form = json[NoticeForm.member]?.stringValue.flatMap(NoticeForm.init(rawValue:)) ?? .whole
    }

    private static func text(_ name: String, in json: JSONObject) throws(NoticeError) -> String {
        guard let text = json[name]?.stringValue else {
            throw NoticeError(message: "the string \"\(name)\" is missing")
        }
        return text
    }
}

extension Notice.Actor {
    fileprivate var json: JSONObject {
        var json: JSONObject = ["roles": .array(roles.map(JSONValue.string)), "is_admin": .bool(isAdmin)]
        json["user_id"] = userID.map(JSONValue.string)
        json["user_name"] = userName.map(JSONValue.string)
        json["project_id"] = projectID.map(JSONValue.string)
        json["project_name"] = projectName.map(JSONValue.string)
        json["user_domain_id"] = userDomainID.map(JSONValue.string)
        json["project_domain_id"] = projectDomainID.map(JSONValue.string)
        return json
    }

    fileprivate init(json: JSONObject) {
        self.init(
            userID: json["user_id"]?.stringValue, userName: json["user_name"]?.stringValue,
            projectID: json["project_id"]?.stringValue, projectName: json["project_name"]?.stringValue,
            userDomainID: json["user_domain_id"]?.stringValue, projectDomainID: json["project_domain_id"]?.stringValue,
            roles: (json["roles"]?.arrayValue ?? []).compactMap(\.stringValue),
            isAdmin: json["is_admin"]?.boolValue ?? false)
    }
}
