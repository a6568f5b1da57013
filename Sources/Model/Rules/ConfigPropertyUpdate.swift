import Addressing
import JSON

/// `POST /prop-collection-update`: single elements of list and map properties (vnc-api.md, 1.7).
enum ConfigPropertyUpdate {
    static func perform(_ body: JSONValue, _ edit: inout GraphEdit) throws(ConfigFault) -> APIAnswer {
        guard let text = body["uuid"]?.stringValue else {
            throw ConfigFault(400, "Error: prop_collection_update needs uuid")
        }
        guard let object = ObjectID(text).flatMap({ edit.object($0) }),
            let type = edit.base.schema.types[object.type]
        else { throw ConfigFault(404, "Unknown id: \(text)") }
        var properties = object.properties
        var given = JSONObject()
        for update in body["updates"]?.arrayValue ?? [] {
            guard let field = update["field"]?.stringValue, let property = type.properties[field] else {
                throw ConfigFault(400, "Unknown field \(update["field"]?.pythonText ?? "None")")
            }
            guard let collection = property.collection else {
                throw ConfigFault(400, "\(field) neither \"ListProperty\" nor \"MapProperty\"")
            }
            try apply(update, to: &properties, field: field, property, collection, &edit)
            given[field] = properties[field] ?? .null
        }
        guard !given.isEmpty else { return .empty }
        given = UnchangedMembers.removed(from: given, of: object, type, edit)
        try ConfigUpdate.change(object, properties: properties, references: object.references, given: given, &edit)
        return .empty
    }

    private static func apply(
        _ update: JSONValue, to properties: inout JSONObject, field: String, _ property: ValueSchema,
        _ collection: ValueSchema.Collection, _ edit: inout GraphEdit
    ) throws(ConfigFault) {
        let operation = update["operation"]?.stringValue?.lowercased() ?? ""
        var elements = PropertyPositions.stored(of: field, collection, in: properties)
        let position = (update["position"]?.isNull ?? true) ? nil : update["position"]?.pythonText
        switch (operation, collection) {
        case ("add", .list), ("modify", .list):
            let value = try element(update["value"], field, property, collection, edit.base.schema)
            if operation == "modify", position == nil {
                throw ConfigFault(400, "modify needs a position")
            }
            put(value, at: position ?? edit.context.newID().description, in: &elements)
        case ("set", .map(_, let name)):
            let value = try element(update["value"], field, property, collection, edit.base.schema)
            put(value, at: value[name]?.pythonText ?? "", in: &elements)
        case ("delete", _):
            elements.removeAll { $0.position == position }
        default:
            throw ConfigFault(
                400, "Unsupported operation \(update["operation"]?.pythonText ?? "None") on \(field)")
        }
        PropertyPositions.set(elements, of: field, collection, in: &properties)
    }

    /// An element that is there stays in its place; a new one goes where its position's text belongs.
    private static func put(
        _ value: JSONValue, at position: String, in elements: inout [(position: String, value: JSONValue)]
    ) {
        if let index = elements.firstIndex(where: { $0.position == position }) {
            elements[index].value = value
        } else {
            elements.append((position, value))
            elements.sort { $0.position < $1.position }
        }
    }

    /// One element, checked as a field of the property's struct.
    private static func element(
        _ value: JSONValue?, _ field: String, _ property: ValueSchema, _ collection: ValueSchema.Collection,
        _ schema: Schema
    ) throws(ConfigFault) -> JSONValue {
        guard let value, !value.isNull else { throw ConfigFault(400, "Error: value is missing for \(field)") }
        let wrapper =
            switch collection {
            case .list(let wrapper), .map(let wrapper, _): wrapper
            }
        guard case .structure(let structure) = property.kind else { return value }
        return try asConfigFault { () throws(ModelError) in
            let whole = try schema.validated([wrapper: [value]], structure: structure)
            return whole[wrapper]?.arrayValue?.first ?? value
        }
    }
}
