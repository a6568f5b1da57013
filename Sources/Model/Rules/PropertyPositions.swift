import Addressing
import HashTreeCollections
import JSON

/// The positions of the elements of list properties, for `prop-collection-get` and `prop-collection-update`
/// (vnc-api.md, 1.7 and 2).
///
/// Elements that came with the object have the positions "0", "1", …; only properties that were changed element by
/// element have others, which are kept beside the properties in a member that no API shows.
enum PropertyPositions {
    /// The member of an object's properties that keeps them: by property, one text an element.
    static let member = "skein_positions"

    /// The elements of a property with their positions, in the order of the positions' texts.
    static func elements(
        of name: String, _ collection: ValueSchema.Collection, in properties: JSONObject
    ) -> [(position: String, value: JSONValue)] {
        stored(of: name, collection, in: properties).sorted { $0.position < $1.position }
    }

    /// The elements of a property with their positions, in the order in which the object shows them.
    static func stored(
        of name: String, _ collection: ValueSchema.Collection, in properties: JSONObject
    ) -> [(position: String, value: JSONValue)] {
        switch collection {
        case .list(let wrapper):
            let values = properties[name]?[wrapper]?.arrayValue ?? []
            let kept = (properties[member]?[name]?.arrayValue ?? []).compactMap(\.stringValue)
            return values.enumerated()
                .map { (position: $0 < kept.count ? kept[$0] : "\($0)", value: $1) }
        case .map(let wrapper, let key):
            return (properties[name]?[wrapper]?.arrayValue ?? [])
                .map { (position: $0[key]?.pythonText ?? "", value: $0) }
        }
    }

    /// Puts the elements in the place of what was there.
    static func set(
        _ elements: [(position: String, value: JSONValue)], of name: String, _ collection: ValueSchema.Collection,
        in properties: inout JSONObject
    ) {
        var positions = properties[member]?.objectValue ?? [:]
        positions[name] = nil
        let wrapper =
            switch collection {
            case .list(let wrapper): wrapper
            case .map(let wrapper, _): wrapper
            }
        properties[name] = elements.isEmpty ? nil : [wrapper: .array(elements.map(\.value))]
        let isPlain = elements.enumerated().allSatisfy { $1.position == "\($0)" }
        if case .list = collection, !isPlain {
            positions[name] = .array(elements.map { .string($0.position) })
        }
        properties[member] = positions.isEmpty ? nil : .object(positions)
    }

    /// Forgets the positions of properties that were replaced as a whole.
    static func forget(_ names: some Sequence<String>, in properties: inout JSONObject) {
        guard var positions = properties[member]?.objectValue else { return }
        for name in names { positions[name] = nil }
        properties[member] = positions.isEmpty ? nil : .object(positions)
    }
}

/// The elements of one property while updates are made to it: each is found by its position, however many there are.
struct PropertyElements {
    /// Nil where one was removed.
    private var elements: [(position: String, value: JSONValue)?]
    /// Where those of a position are: those of an object that was written as a whole may share one.
    private var places: [String: [Int]] = [:]
    private var hasNew = false

    init(of name: String, _ collection: ValueSchema.Collection, in properties: JSONObject) {
        elements = PropertyPositions.stored(of: name, collection, in: properties)
        for case (let index, let element?) in elements.enumerated() {
            places[element.position, default: []].append(index)
        }
    }

    /// Puts an element in the place of those at the position; a new one goes where its position's text belongs.
    mutating func set(_ value: JSONValue, at position: String) {
        guard let taken = places[position], let first = taken.first else {
            places[position] = [elements.count]
            elements.append((position, value))
            hasNew = true
            return
        }
        elements[first] = (position, value)
        for other in taken.dropFirst() { elements[other] = nil }
        places[position] = [first]
    }

    mutating func remove(at position: String) {
        for index in places.removeValue(forKey: position) ?? [] { elements[index] = nil }
    }

    /// As the object is to show them.
    var inOrder: [(position: String, value: JSONValue)] {
        let left = elements.compactMap(\.self)
        return hasNew ? left.sorted { $0.position < $1.position } : left
    }
}

extension ConfigRead {
    static func propertyCollection(
        _ snapshot: Snapshot, _ query: [(name: String, value: String)]
    ) throws(ConfigFault) -> APIAnswer {
        func item(_ name: String) -> String? { query.first { $0.name == name }?.value }
        guard let text = item("uuid") else { throw ConfigFault(400, "Bad Request, no uuid in query") }
        guard let fields = item("fields"), !fields.isEmpty else {
            throw ConfigFault(400, "Bad Request, no fields in query")
        }
        guard let object = ObjectID(text).flatMap({ snapshot.objects[$0] }),
            let type = snapshot.schema.types[object.type]
        else { throw ConfigFault(404, "Object Not Found: \(text)") }
        var answer = JSONObject()
        // Once each: every name costs a sort.
        for name in Set(fields.split(separator: ",")).sorted().map(String.init) {
            guard let collection = type.properties[name]?.collection else {
                throw ConfigFault(400, "\(name) neither \"ListProperty\" nor \"MapProperty\"")
            }
            let wanted = item("position").flatMap { $0.isEmpty || $0 == "None" ? nil : $0 }
            answer[name] = .array(
                PropertyPositions.elements(of: name, collection, in: object.properties)
                    .filter { wanted == nil || $0.position == wanted }
                    .map { [$0.value, .string($0.position)] })
        }
        return .json(.object(answer))
    }
}
