import JSON
import Time

/// One line of the event history: what a collector keeps of a notice.
package struct HistoryEvent: Hashable, Sendable {
    /// The notice's id.
    package var id: String
    package var time: Timestamp
    package var operation: Notice.Operation
    /// The type with dashes: `virtual-network`.
    package var objectType: String
    package var objectID: String
    package var fqName: [String]
    package var requestID: String
    package var userID: String?
    package var userName: String?
    package var projectID: String?
    /// The Neutron events that went out with it, such as `network.create.end`.
    package var neutronEvents: [String]
    /// The object after its creation or before its deletion, unless it was larger than ``objectLimit``.
    package var object: JSONObject?

    /// The size of an object's JSON in bytes up to which the history keeps it: 64 KiB.
    package static let objectLimit = 64 << 10

    package init(_ notice: Notice) {
        id = notice.id
        time = notice.time
        operation = notice.operation
        objectType = notice.objectType
        objectID = notice.objectID
        fqName = notice.fqName
        requestID = notice.requestID
        userID = notice.actor?.userID
        userName = notice.actor?.userName
        projectID = notice.actor?.projectID
        neutronEvents = notice.neutronEvents.map(\.type)
        object = notice.object.flatMap { JSONValue.object($0).bytes.count <= Self.objectLimit ? $0 : nil }
    }

    /// The event as one line of JSON, without the line's end; a newline in a string is escaped by JSON itself.
    package var bytes: [UInt8] {
        var json: JSONObject = [
            "id": .string(id), "time": .string(time.rfc3339Text), "operation": .string(operation.rawValue),
            "type": .string(objectType), "uuid": .string(objectID),
            "fq_name": .array(fqName.map(JSONValue.string)), "request_id": .string(requestID),
        ]
        json["user_id"] = userID.map(JSONValue.string)
        json["user_name"] = userName.map(JSONValue.string)
        json["project_id"] = projectID.map(JSONValue.string)
        if !neutronEvents.isEmpty { json["events"] = .array(neutronEvents.map(JSONValue.string)) }
        json["object"] = object.map(JSONValue.object)
        return JSONValue.object(json).bytes
    }

    /// Reads what ``bytes`` wrote; nil when it is something else.
    package init?(parsing bytes: some Sequence<UInt8>) {
        guard let json = try? JSONValue(parsing: bytes),
            let id = json["id"]?.stringValue, let time = json["time"]?.stringValue.flatMap(Timestamp.init),
            let operation = json["operation"]?.stringValue.flatMap(Notice.Operation.init(rawValue:)),
            let objectType = json["type"]?.stringValue, let objectID = json["uuid"]?.stringValue
        else { return nil }
        self.id = id
        self.time = time
        self.operation = operation
        self.objectType = objectType
        self.objectID = objectID
        fqName = (json["fq_name"]?.arrayValue ?? []).compactMap(\.stringValue)
        requestID = json["request_id"]?.stringValue ?? ""
        userID = json["user_id"]?.stringValue
        userName = json["user_name"]?.stringValue
        projectID = json["project_id"]?.stringValue
        neutronEvents = (json["events"]?.arrayValue ?? []).compactMap(\.stringValue)
        object = json["object"]?.objectValue
    }
}
