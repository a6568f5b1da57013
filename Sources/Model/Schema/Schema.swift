import JSON

/// Contrail's configuration schema: every object type with its properties, references and children, and every struct.
///
/// It is data (`Schema/vnc-schema.yaml`, generated from Contrail R2005's own schema files): another type comes by adding
/// to that file. Rules that the schema cannot express stand with the rules of the API.
package final class Schema: Sendable {
    /// By resource type, such as `virtual-network`.
    package let types: [String: ObjectSchema]
    /// Fields of each struct, by the struct's name and the field's.
    package let structs: [String: [String: ValueSchema]]
    private let byObjectType: [String: ObjectSchema]

    /// The schema that is part of the executable.
    ///
    /// - Throws: ``SchemaError`` when the generated text is damaged; a test reads it, so this does not happen in a
    ///   released executable.
    package static func standard() throws(SchemaError) -> Schema {
        try Schema(parsing: SchemaText.standard)
    }

    /// Reads the JSON that `Scripts/generate-schema` writes.
    package init(parsing text: String) throws(SchemaError) {
        let document: JSONValue
        do {
            document = try JSONValue(parsing: text)
        } catch {
            throw SchemaError(message: "\(error)")
        }
        guard let types = document["types"]?.objectValue, let structs = document["structs"]?.objectValue else {
            throw SchemaError(message: "types or structs are missing")
        }
        var bySlot: [String: ObjectSchema] = [:]
        for member in types {
            bySlot[member.name] = try ObjectSchema(name: member.name, json: member.value)
        }
        var fields: [String: [String: ValueSchema]] = [:]
        for member in structs {
            var slots: [String: ValueSchema] = [:]
            for field in member.value.objectValue ?? JSONObject() {
                slots[field.name] = try ValueSchema(json: field.value, at: "\(member.name).\(field.name)")
            }
            fields[member.name] = slots
        }
        self.types = bySlot
        self.structs = fields
        byObjectType = Dictionary(uniqueKeysWithValues: bySlot.values.map { ($0.objectType, $0) })
    }

    /// The type by either form of its name: `virtual-network` or `virtual_network`.
    package func type(named name: String) -> ObjectSchema? {
        types[name] ?? byObjectType[name]
    }
}

/// One object type.
package struct ObjectSchema: Sendable {
    /// The resource type, with dashes: `virtual-network`.
    package let name: String
    /// The object type, with underscores: `virtual_network`.
    package let objectType: String
    /// Possible parents; `config-root` means that the object has none.
    package let parents: [String]
    package let properties: [String: ValueSchema]
    /// By member name, such as `network_ipam_refs`.
    package let references: [String: LinkSchema]
    /// By member name, such as `routing_instances`.
    package let children: [String: LinkSchema]

    /// The name of the collection and its URL: the type and an `s`.
    package var collection: String { name + "s" }

    init(name: String, json: JSONValue) throws(SchemaError) {
        guard let objectType = json["object_type"]?.stringValue else {
            throw SchemaError(message: "\(name) has no object_type")
        }
        self.name = name
        self.objectType = objectType
        parents = (json["parents"]?.arrayValue ?? []).compactMap(\.stringValue)
        var properties: [String: ValueSchema] = [:]
        for member in json["properties"]?.objectValue ?? JSONObject() {
            properties[member.name] = try ValueSchema(json: member.value, at: "\(name).\(member.name)")
        }
        self.properties = properties
        references = try Self.links(json["refs"], at: name)
        children = try Self.links(json["children"], at: name)
    }

    private static func links(_ json: JSONValue?, at place: String) throws(SchemaError) -> [String: LinkSchema] {
        var links: [String: LinkSchema] = [:]
        for member in json?.objectValue ?? JSONObject() {
            guard let type = member.value["type"]?.stringValue else {
                throw SchemaError(message: "\(place).\(member.name) has no type")
            }
            links[member.name] = LinkSchema(
                type: type, attribute: member.value["attr"]?.stringValue,
                isDerived: member.value["derived"]?.boolValue ?? false)
        }
        return links
    }
}

/// A reference or child link.
package struct LinkSchema: Sendable {
    /// The resource type at the other end.
    package let type: String
    /// The struct of the reference's `attr`, nil when it carries none.
    package let attribute: String?
    /// Made by the system; never blocks a delete.
    package let isDerived: Bool
}

/// A property of an object or a field of a struct.
package struct ValueSchema: Sendable {
    /// What a value must be.
    package enum Kind: Sendable, Hashable {
        case string
        case integer
        case boolean
        /// A struct by name.
        case structure(String)
    }

    /// A property of which single elements can be set: by position (list) or by a key in the element (map).
    package enum Collection: Sendable, Hashable {
        case list(wrapper: String)
        case map(wrapper: String, key: String)
    }

    package let kind: Kind
    /// Whether it is an array of such values.
    package let isList: Bool
    package let choices: [String]
    package let range: ClosedRange<Int>?
    package let collection: Collection?
    /// A form that strings must have beyond their kind.
    package let format: Format?

    /// The two string formats that Contrail checks.
    package enum Format: Sendable, Hashable {
        /// `number:number` or a well-known community.
        case community
        /// `management`, `left`, `right` or `other` with a number.
        case serviceInterface
    }

    init(json: JSONValue, at place: String) throws(SchemaError) {
        guard let type = json["type"]?.stringValue else { throw SchemaError(message: "\(place) has no type") }
        if json["struct"]?.boolValue ?? false {
            kind = .structure(type)
        } else {
            kind =
                switch type {
                case "integer", "unsignedLong", "long", "int", "unsignedInt", "decimal": .integer
                case "boolean": .boolean
                default: .string
                }
        }
        isList = json["list"]?.boolValue ?? false
        choices = (json["enum"]?.arrayValue ?? []).compactMap(\.stringValue)
        if let low = json["min"]?.integerValue, let high = json["max"]?.integerValue, low <= high {
            range = low...high
        } else {
            range = nil
        }
        if json["simple_type"]?.stringValue == "CommunityAttribute" {
            format = .community
        } else if json["pattern"]?.stringValue?.hasPrefix("management|") ?? false {
            format = .serviceInterface
        } else {
            format = nil
        }
        let wrapper = json["wrapper_field"]?.stringValue ?? ""
        collection =
            switch json["collection"]?.stringValue {
            case "list": .list(wrapper: wrapper)
            case "map": .map(wrapper: wrapper, key: json["map_key"]?.stringValue ?? "key")
            default: nil
            }
    }
}

/// The schema's text is damaged.
package struct SchemaError: Error, Hashable, CustomStringConvertible {
    package let message: String

    package var description: String { "schema: \(message)" }
}
