import JSON
import Model

// Notices for OpenStack's consumers, in the words of Neutron's own notifications.
extension NeutronRules {
    /// `network.create.start` with the request and `network.create.end` with the result.
    func notify(
        _ collection: NeutronCollection, _ action: String, body: JSONValue, _ objects: [Rendering], isBulk: Bool,
        edit: inout GraphEdit
    ) {
        let parsed = objects.compactMap { try? JSONValue(parsing: $0.bytes) }
        let payload: JSONValue =
            isBulk
            ? ["\(collection.plural)": .array(parsed)] : ["\(collection.resource)": parsed.first ?? .null]
        send("\(collection.resource).\(action).start", payload: body, edit: &edit)
        send("\(collection.resource).\(action).end", payload: payload, edit: &edit)
    }

    /// `network.delete.start` with the id and `network.delete.end` with what was removed as well.
    func notifyDelete(_ collection: NeutronCollection, id: String, _ object: Rendering, edit: inout GraphEdit) {
        let member = "\(collection.resource)_id"
        send("\(collection.resource).delete.start", payload: [member: .string(id)], edit: &edit)
        let removed = (try? JSONValue(parsing: object.bytes)) ?? .null
        send(
            "\(collection.resource).delete.end",
            payload: [member: .string(id), "\(collection.resource)": removed], edit: &edit)
    }

    private func send(_ eventType: String, payload: JSONValue, edit: inout GraphEdit) {
        let context = edit.context
        edit.notify(
            GraphEdit.Notice(members: [
                "event_type": .string(eventType),
                "request_id": .string(context.requestID),
                "timestamp": .string(context.now.contrailText),
                "context": [
                    "request_id": .string(context.requestID), "user_id": .string(context.caller.userID),
                    "user_name": .string(context.caller.userName), "project_id": .string(context.caller.projectID),
                    "project_name": .string(context.caller.projectName), "is_admin": .bool(context.caller.isAdmin),
                    "roles": .array(context.caller.roles.map { .string($0) }),
                ],
                "payload": payload,
            ]))
    }
}
