import Addressing
import HashTreeCollections
import JSON
import Store
import Time

/// The events that an edit has for OpenStack's consumers, by the object whose notice they leave with.
struct EditNotices: Sendable {
    /// An event of Neutron's notification format, such as `network.create.end` with `{"network": {…}}`.
    struct Event: Sendable {
        let name: String
        let payload: @Sendable () -> JSONObject
    }

    /// The objects that events are about, each at the place of its first event.
    private(set) var objects: [ObjectID] = []
    private var events: [ObjectID: [Event]] = [:]

    mutating func add(_ event: Event, about object: ObjectID) {
        if events[object] == nil { objects.append(object) }
        events[object, default: []].append(event)
    }

    func events(about object: ObjectID) -> [Event] { events[object] ?? [] }
}

// What the outbox gets.
extension GraphEdit {
    /// Adds one notice for each changed object, and for each that events are about, as `Broker` reads it: members of
    /// `Notice`.
    ///
    /// - Throws: ``ModelError/Code/tooLarge``
    func addNotices(to writes: inout StoreWrites, reserving room: Int) throws(ModelError) {
        var context = context
        let unique = context.newID().withoutDashes
        let about = edited.order + notices.objects.filter { !edited.contains($0) }
        var count = 0
        for id in about {
            guard var notice = notice(about: id, &context) else { continue }
            // A fixed width keeps the order of notices within a transaction; revisions order the transactions.
            let order = "\(context.now.microseconds)-\(unique)-\(100_000 + count)"
            count += 1
            notice["order"] = .string(order)
            writes.put(StoreKey.outbox(order).path, JSONValue.object(notice).bytes)
            try checkValues(writes, reserving: room)
        }
    }

    private func notice(about id: ObjectID, _ context: inout EditContext) -> JSONObject? {
        let old = base.objects[id]
        let new = object(id)
        guard let object = new ?? old else { return nil }
        let isChanged = edited.contains(id)
        let operation = !isChanged ? "UPDATE" : old == nil ? "CREATE" : new == nil ? "DELETE" : "UPDATE"
        var notice: JSONObject = [
            "id": .string(context.newID().description), "type": .string(object.type),
            "uuid": .string(id.description), "operation": .string(operation),
            "fq_name": .array(object.fqName.map { .string($0) }), "request_id": .string(context.requestID),
            "time": .string(context.now.contrailText + "Z"), "actor": .object(context.caller.json),
        ]
        if operation != "UPDATE" {
            let stored = JSONValue.object(object.stored)
            if stored.bytes.count <= EditLimits.noticeBytes { notice["object"] = stored }
        }
        if !isChanged { notice["config_api"] = false }
        let own = notices.events(about: id)
        if !own.isEmpty {
            notice["events"] = .array(
                own.map { ["event_type": .string($0.name), "payload": Self.bounded($0.payload())] })
        }
        return notice
    }

    /// The payload, or what identifies its objects when it is too large for a notice: their members that are no lists, no
    /// objects and no long texts.
    private static func bounded(_ payload: JSONObject) -> JSONValue {
        guard JSONValue.object(payload).bytes.count > EditLimits.noticeBytes else { return .object(payload) }
        return .object(
            JSONObject(
                payload.lazy.prefix(identityMembers).compactMap { member in
                    switch member.value {
                    case .object(let object): (member.name, .object(identity(of: object)))
                    default: isShort(member) ? (member.name, member.value) : nil
                    }
                }))
    }

    private static func identity(of object: JSONObject) -> JSONObject {
        JSONObject(object.lazy.filter(isShort).prefix(identityMembers).map { ($0.name, $0.value) })
    }

    /// Most members of an object that a bounded payload keeps: more than any of Neutron's resources has.
    private static let identityMembers = 64

    /// A name and a value of up to 1,024 bytes: names and descriptions have at most 255 characters.
    private static func isShort(_ member: JSONObject.Member) -> Bool {
        guard member.name.utf8.count <= 1024 else { return false }
        return switch member.value {
        case .array, .object: false
        case .string(let text): text.utf8.count <= 1024
        default: true
        }
    }
}
