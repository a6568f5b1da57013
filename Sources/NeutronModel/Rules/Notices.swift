import JSON
import Model

/// What a write made, changed or removed.
struct Written: Sendable {
    let rendering: Rendering
    let source: ObjectLink

    init(_ view: some NeutronView) {
        rendering = view.rendering
        source = view.source
    }
}

// Events for OpenStack's consumers, in the words of Neutron's own notifications.
extension NeutronRules {
    /// `network.create.start` with the request, and `network.create.end` for each object.
    func notify(
        _ collection: NeutronCollection, _ action: String, body: JSONValue, _ objects: [Written],
        edit: inout GraphEdit
    ) {
        guard let first = objects.first else { return }
        edit.notify("\(collection.resource).\(action).start", object: first.source) {
            Self.request(body, collection, mayBeMany: action == "create")
        }
        for object in objects {
            edit.notify("\(collection.resource).\(action).end", object: object.source) {
                ["\(collection.resource)": Self.payload(object.rendering)]
            }
        }
    }

    /// `network.delete.start` with the id, and `network.delete.end` with what was removed as well.
    func notifyDelete(_ collection: NeutronCollection, id: String, _ object: Written, edit: inout GraphEdit) {
        let member = "\(collection.resource)_id"
        edit.notify("\(collection.resource).delete.start", object: object.source) { [member: .string(id)] }
        edit.notify("\(collection.resource).delete.end", object: object.source) {
            [member: .string(id), "\(collection.resource)": Self.payload(object.rendering)]
        }
    }

    /// The request without what stands beside its objects, which nobody has read.
    private static func request(
        _ body: JSONValue, _ collection: NeutronCollection, mayBeMany: Bool
    ) -> JSONObject {
        let (one, many) = ("\(collection.resource)", "\(collection.plural)")
        guard mayBeMany, let items = body[many]?.arrayValue else { return [one: body[one] ?? .null] }
        let objects = items.map { item -> JSONValue in item[one].map { [one: $0] } ?? item }
        return [many: .array(objects)]
    }

    private static func payload(_ rendering: Rendering) -> JSONValue {
        (try? JSONValue(parsing: rendering.bytes)) ?? .null
    }
}
