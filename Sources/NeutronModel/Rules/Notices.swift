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
        edit.notify("\(collection.resource).\(action).start", object: first.source) { body.objectValue ?? [:] }
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

    private static func payload(_ rendering: Rendering) -> JSONValue {
        (try? JSONValue(parsing: rendering.bytes)) ?? .null
    }
}
