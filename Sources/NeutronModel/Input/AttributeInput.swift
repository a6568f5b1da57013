import JSON
import Model

/// One attribute of a request's body: when it may be given and what it must be.
struct InputAttribute: Sendable {
    /// When an attribute may be given.
    enum Moment: Sendable {
        case always
        case create
        case never
    }

    /// Makes the form of a value that is kept of another spelling, or refuses it.
    typealias Conversion = @Sendable (JSONValue) throws(NeutronError) -> JSONValue

    let name: String
    let moment: Moment
    let isRequired: Bool
    /// The value as it is kept.
    let read: @Sendable (JSONValue) throws(NeutronError) -> JSONValue

    /// - Parameters:
    ///   - validate: the reason why a value is refused, nil for a good one.
    ///   - convert: other spellings become the one that is kept, before validation.
    init(
        _ name: String, _ moment: Moment = .always, required: Bool = false,
        validate: @escaping @Sendable (JSONValue) -> String? = { _ in nil },
        convert: @escaping Conversion = { (value) throws(NeutronError) in
            value
        }
    ) {
        self.name = name
        self.moment = moment
        isRequired = required
        read = { (value) throws(NeutronError) in
            let converted = try convert(value)
            if let reason = validate(converted) { throw .invalidAttribute(name, reason) }
            return converted
        }
    }

    static func boolean(_ name: String) -> InputAttribute {
        InputAttribute(name, convert: { (value) throws(NeutronError) in .bool(try Convert.boolean(value)) })
    }

    static func text(_ name: String, _ moment: Moment = .always, maximum: Int = 255) -> InputAttribute {
        InputAttribute(name, moment, validate: { Validate.string($0, maximum: maximum) })
    }

    /// Something the server decides.
    static func readOnly(_ name: String) -> InputAttribute { InputAttribute(name, .never) }

    static let name = InputAttribute("name", validate: { Validate.name($0, maximum: 255) })

    /// What every resource has besides its own attributes.
    static let common: [InputAttribute] = [
        .readOnly("id"), .text("tenant_id", .create), .text("project_id", .create),
        .text("description"), .readOnly("created_at"), .readOnly("updated_at"), .readOnly("revision_number"),
    ]
}

/// The attributes of one object in a request's body, read and converted.
struct AttributeInput: Sendable {
    private let values: [String: JSONValue]
    /// What an update says as the object shows it.
    private let unchanged: [String: JSONValue]

    /// The value when the attribute was given, and not as it is.
    subscript(name: String) -> JSONValue? { values[name] }

    /// The value when the attribute was given, be it as it is: for attributes whose meaning hangs on others.
    func stated(_ name: String) -> JSONValue? { values[name] ?? unchanged[name] }

    /// The names of what was given.
    var names: Set<String> { Set(values.keys) }

    /// Reads the objects of a create request: one under the resource's name, or many under the collection's.
    ///
    /// - Returns: the objects, and whether there was a list of them.
    /// - Throws: ``NeutronError`` in the words of Neutron's `prepare_request_body`.
    static func objects(
        _ body: JSONValue, collection: NeutronCollection, attributes: [InputAttribute], caller: EditContext.Caller
    ) throws(NeutronError) -> (inputs: [AttributeInput], isBulk: Bool) {
        guard let object = body.objectValue else { throw .badRequest("Body contains invalid data") }
        guard !object.isEmpty else { throw .badRequest("Resource body required") }
        guard let many = object["\(collection.plural)"] else {
            let one = try single(body, collection: collection)
            return ([try AttributeInput(creating: one, attributes: attributes, caller: caller)], false)
        }
        guard let items = many.arrayValue else { throw .badRequest("Body contains invalid data") }
        guard !items.isEmpty else { throw .badRequest("Resources required") }
        try ListLimits.checkObjects(items.count)
        var inputs: [AttributeInput] = []
        for item in items {
            let own = item["\(collection.resource)"] ?? item
            guard let object = own.objectValue else {
                throw .badRequest("Object '\(collection.resource)' contains invalid data")
            }
            inputs.append(try AttributeInput(creating: object, attributes: attributes, caller: caller))
        }
        return (inputs, true)
    }

    /// Reads the object of an update request. What it says as the object shows it is no change, and therefore taken
    /// back unjudged: clients of the config API make what Neutron's validators and policies would refuse.
    ///
    /// - Parameter shown: what the caller is shown of an attribute; nil when that is nothing.
    static func update(
        _ body: JSONValue, collection: NeutronCollection, attributes: [InputAttribute], caller: EditContext.Caller,
        shown: (String) -> JSONValue?
    ) throws(NeutronError) -> AttributeInput {
        guard body.objectValue != nil else { throw .badRequest("Body contains invalid data") }
        guard body.objectValue?.isEmpty == false else { throw .badRequest("Resource body required") }
        var object = try withProject(try single(body, collection: collection), caller: caller)
        try refuseUnknown(object, attributes)
        for attribute in attributes where attribute.moment != .always && object[attribute.name] != nil {
            throw .badRequest("Cannot update read-only attribute \(attribute.name)")
        }
        var unchanged: [String: JSONValue] = [:]
        for member in object where shown(member.name) == member.value { unchanged[member.name] = member.value }
        for name in unchanged.keys { object[name] = nil }
        return try AttributeInput(object, attributes, unchanged: unchanged)
    }

    private init(
        creating object: JSONObject, attributes: [InputAttribute], caller: EditContext.Caller
    ) throws(NeutronError) {
        let object = try Self.withProject(object, caller: caller)
        try Self.refuseUnknown(object, attributes)
        for attribute in attributes {
            if attribute.isRequired, object[attribute.name] == nil {
                throw .badRequest("Failed to parse request. Required attribute '\(attribute.name)' not specified")
            }
            if attribute.moment == .never, object[attribute.name] != nil {
                throw .badRequest("Attribute '\(attribute.name)' not allowed in POST")
            }
        }
        try self.init(object, attributes, unchanged: [:])
    }

    private init(
        _ object: JSONObject, _ attributes: [InputAttribute], unchanged: [String: JSONValue]
    ) throws(NeutronError) {
        self.unchanged = unchanged
        var values: [String: JSONValue] = [:]
        for attribute in attributes {
            if let given = object[attribute.name] { values[attribute.name] = try attribute.read(given) }
        }
        self.values = values
    }

    private static func single(_ body: JSONValue, collection: NeutronCollection) throws(NeutronError) -> JSONObject {
        guard let value = body["\(collection.resource)"], !value.isNull else {
            throw .badRequest("Unable to find '\(collection.resource)' in request body")
        }
        guard let object = value.objectValue else {
            throw .badRequest("Object '\(collection.resource)' contains invalid data")
        }
        return object
    }

    /// Both names of the project, which must agree and may be another's only for administrators.
    private static func withProject(
        _ object: JSONObject, caller: EditContext.Caller
    ) throws(NeutronError) -> JSONObject {
        var object = object
        guard let given = object["project_id"] ?? object["tenant_id"] else { return object }
        if object["project_id"] == nil { object["project_id"] = given }
        if object["tenant_id"] == nil { object["tenant_id"] = given }
        guard object["project_id"] == object["tenant_id"] else {
            throw .badRequest("'project_id' and 'tenant_id' do not match")
        }
        let isOwn = given.stringValue.map { $0.replacing("-", with: "") == caller.projectID } ?? false
        guard isOwn || caller.isAdmin || caller.isService else {
            throw .badRequest(
                "Specifying 'project_id' other than the authenticated project in request is not allowed for the current user."
            )
        }
        return object
    }

    private static func refuseUnknown(_ object: JSONObject, _ attributes: [InputAttribute]) throws(NeutronError) {
        let known = Set(attributes.map(\.name))
        let unknown = object.names.filter { !known.contains($0) }
        guard unknown.isEmpty else {
            throw .badRequest("Unrecognized attribute(s) '\(unknown.joined(separator: ", "))'")
        }
    }
}

extension EditContext.Caller {
    /// Another OpenStack service, such as Nova, acting for itself.
    var isService: Bool { roles.contains("service") }
    /// Sees and binds what belongs to any project.
    var seesEverything: Bool { isAdmin || isService }
    /// Has no role but reading.
    var mayOnlyRead: Bool { !isAdmin && !roles.isEmpty && roles.allSatisfy { $0 == "reader" } }
}
