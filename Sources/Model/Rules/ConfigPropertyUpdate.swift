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
        var changed: [String: (collection: ValueSchema.Collection, elements: PropertyElements)] = [:]
        for update in body["updates"]?.arrayValue ?? [] {
            guard let field = update["field"]?.stringValue, let property = type.properties[field] else {
                throw ConfigFault(400, "Unknown field \(update["field"]?.pythonText ?? "None")")
            }
            guard let collection = property.collection else {
                throw ConfigFault(400, "\(field) neither \"ListProperty\" nor \"MapProperty\"")
            }
            var elements =
                changed.removeValue(forKey: field)?.elements
                ?? PropertyElements(of: field, collection, in: object.properties)
            try apply(update, to: &elements, field: field, property, collection, &edit)
            changed[field] = (collection, elements)
        }
        var properties = object.properties
        var given = JSONObject()
        for (field, change) in changed.sorted(by: { $0.key < $1.key }) {
            PropertyPositions.set(change.elements.inOrder, of: field, change.collection, in: &properties)
            given[field] = properties[field] ?? .null
        }
        guard !given.isEmpty else { return .empty }
        given = UnchangedMembers.removed(from: given, of: object, type, edit)
        try ConfigUpdate.change(object, properties: properties, references: object.references, given: given, &edit)
        return .empty
    }

    private static func apply(
        _ update: JSONValue, to elements: inout PropertyElements, field: String, _ property: ValueSchema,
        _ collection: ValueSchema.Collection, _ edit: inout GraphEdit
    ) throws(ConfigFault) {
        let operation = update["operation"]?.stringValue?.lowercased() ?? ""
        let position = (update["position"]?.isNull ?? true) ? nil : update["position"]?.pythonText
        switch (operation, collection) {
        case ("add", .list), ("modify", .list):
            let value = try element(update["value"], field, property, collection, edit.base.schema)
            if operation == "modify", position == nil {
                throw ConfigFault(400, "modify needs a position")
            }
            elements.set(value, at: position ?? edit.context.newID().description)
        case ("set", .map(_, let name)):
            let value = try element(update["value"], field, property, collection, edit.base.schema)
            elements.set(value, at: value[name]?.pythonText ?? "")
        case ("delete", _):
            if let position { elements.remove(at: position) }
        default:
            throw ConfigFault(
                400, "Unsupported operation \(update["operation"]?.pythonText ?? "None") on \(field)")
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
