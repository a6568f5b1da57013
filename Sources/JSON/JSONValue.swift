/// Any JSON value. Objects keep the order of their members, so that what was read can be written again alike.
package enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int)
    /// An integer beyond `Int.max`, such as half of a UUID; never one that fits ``integer(_:)``.
    case unsigned(UInt64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    package var isNull: Bool { self == .null }

    package var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The value when it is an integer (a number without fraction and exponent that fits).
    package var integerValue: Int? {
        if case .integer(let value) = self { value } else { nil }
    }

    package var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    package var arrayValue: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    package var objectValue: JSONObject? {
        if case .object(let value) = self { value } else { nil }
    }

    /// The member of an object; nil when there is none or the value is no object.
    package subscript(name: String) -> JSONValue? { objectValue?[name] }

    /// The kind in words, for error texts.
    package var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer, .unsigned, .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// The members of a JSON object, in order. Objects are small, so a search from the front is the fastest look-up.
package struct JSONObject: Hashable, Sendable, ExpressibleByDictionaryLiteral, Sequence {
    package private(set) var members: [Member]

    /// One name and its value.
    package struct Member: Hashable, Sendable {
        package let name: String
        package var value: JSONValue

        package init(name: String, value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    package init() { members = [] }

    /// Takes members whose names are known to differ.
    init(distinct members: [Member]) { self.members = members }

    /// Later members of the same name replace earlier ones.
    package init(_ members: some Sequence<(String, JSONValue)>) {
        self.members = []
        // Only for objects that are so large that a search of the members would be slower.
        var places: [String: Int] = [:]
        for (name, value) in members {
            guard self.members.count >= Self.searchedMembers else {
                self[name] = value
                continue
            }
            if places.isEmpty { places = Self.places(of: self.members[...]) }
            if let place = places[name] {
                self.members[place].value = value
            } else {
                places[name] = self.members.count
                self.members.append(Member(name: name, value: value))
            }
        }
    }

    /// From this many members on, a table is faster than searches from the front.
    private static let searchedMembers = 16

    private static func places(of members: ArraySlice<Member>) -> [String: Int] {
        Dictionary(zip(members.lazy.map(\.name), members.indices), uniquingKeysWith: { first, _ in first })
    }

    package init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }

    package var count: Int { members.count }
    package var isEmpty: Bool { members.isEmpty }
    package var names: [String] { members.map(\.name) }

    /// Setting replaces the value in place, adds a member at the end, or with nil removes it.
    package subscript(name: String) -> JSONValue? {
        get { members.first { $0.name == name }?.value }
        set {
            let index = members.firstIndex { $0.name == name }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(name: name, value: value))
            case (nil, nil): break
            }
        }
    }

    package func makeIterator() -> IndexingIterator<[Member]> { members.makeIterator() }

    /// Two objects are equal when they have the same members, in whatever order.
    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        guard left.count == right.count else { return false }
        // Each value is compared once, whatever the order: twice would double with each level of nesting.
        let ordered = zip(left.members, right.members).prefix { $0.name == $1.name }.count
        for index in 0..<ordered where left.members[index].value != right.members[index].value { return false }
        guard ordered < left.count else { return true }
        let places = places(of: right.members[ordered...])
        return left.members[ordered...].allSatisfy { member in
            places[member.name].map { right.members[$0].value == member.value } ?? false
        }
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(members.reduce(0) { $0 ^ $1.hashValue })
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral,
    ExpressibleByStringInterpolation
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int) { self = .integer(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(JSONObject(elements)) }
    package init(nilLiteral: ()) { self = .null }
}
