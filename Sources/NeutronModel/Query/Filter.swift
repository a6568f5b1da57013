import Addressing
import JSON

/// One filter of a list: what must hold, and where the index finds those for which it does.
struct Filter<View: NeutronView>: Sendable {
    /// Where to look.
    enum Lookup: Sendable {
        /// All of them have to be tried.
        case everything
        /// Those with one of these keys, and no others.
        case keys([IndexKey])
        case ids([ObjectID])
    }

    let lookup: Lookup
    let matches: @Sendable (View) -> Bool

    /// Reads all filters of a query.
    ///
    /// - Throws: 400 with the names that are no filters, or for a value that is not of an attribute's kind.
    static func all(_ query: NeutronQuery) throws(NeutronError) -> [Filter] {
        let unknown = query.filters.map(\.name).filter { name in
            name != changedSince && !(View.attributes[name]?.isFilter ?? false)
        }
        guard unknown.isEmpty else {
            throw .badRequest("\(PythonText.list(unknown)) is invalid attribute for filtering")
        }
        var filters: [Filter] = []
        for (name, values) in query.filters { filters.append(try Filter(name, values)) }
        return filters
    }

    private static var changedSince: String { "changed_since" }

    init(lookup: Lookup, matches: @escaping @Sendable (View) -> Bool) {
        self.lookup = lookup
        self.matches = matches
    }

    private init(_ name: String, _ values: [String]) throws(NeutronError) {
        if name == Self.changedSince {
            self = try Self.changed(since: values.first ?? "")
            return
        }
        if let filter = View.attributes[name]?.filter {
            self = try filter(values)
            return
        }
        guard let attribute = View.attributes[name] else {
            self.init(lookup: .everything) { _ in true }
            return
        }
        var wanted: Set<AttributeValue> = []
        for text in values { wanted.insert(try Self.value(text, attribute)) }
        // "None" stands for null, as clients that print Python's values send it back.
        if values.contains("None") { wanted.insert(.null) }
        self.init(lookup: Self.lookup(name, values)) { [wanted] view in wanted.contains(attribute.value(view)) }
    }

    private static func value(_ text: String, _ attribute: Attribute<View>) throws(NeutronError) -> AttributeValue {
        switch attribute.kind {
        case .boolean: .bool(try Convert.boolean(.string(text)))
        case .integer: .integer(try Convert.integer(.string(text)))
        case .string, .composite: .string(canonical(text, "\(attribute.name)"))
        }
    }

    /// The spelling that Neutron shows.
    private static func canonical(_ text: String, _ name: String) -> String {
        switch name {
        case "mac_address": MACAddress(text)?.description ?? text
        case "gateway_ip": IPAddress(text)?.description ?? text
        case "cidr": CIDR(text)?.description ?? text
        case "protocol": text.lowercased()
        default: text
        }
    }

    private static func lookup(_ name: String, _ values: [String]) -> Lookup {
        if name == "id" { return .ids(values.compactMap(ObjectID.init)) }
        guard let key = KeyedFilter.byName[name] else { return .everything }
        var keys: [IndexKey] = []
        for value in values {
            switch key(value) {
            case .key(let key): keys.append(key)
            case .nothing: continue
            case .everything: return .everything
            }
        }
        return .keys(keys)
    }

    private static func changed(since text: String) throws(NeutronError) -> Filter {
        let digits = text.hasSuffix("Z") ? text.dropLast() : text[...]
        let pattern = "0000-00-00T00:00:00"
        let fits =
            digits.utf8.count == pattern.utf8.count
            && zip(digits.utf8, pattern.utf8).allSatisfy { byte, wanted in
                wanted == UInt8(ascii: "0") ? (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) : byte == wanted
            }
        guard fits else {
            throw NeutronError(
                status: 400, type: "BadRequest",
                message: "The input changed_since must be in the following format: YYYY-MM-DDTHH:MM:SS[Z]")
        }
        let moment = AttributeValue.string(digits + "Z")
        return Filter(lookup: .everything) { view in
            guard let value = View.attributes["updated_at"]?.value(view) else { return false }
            return !AttributeValue.isOrdered(value, moment)
        }
    }
}

/// Where the index has what a filter's value names.
private enum KeyedFilter: Sendable {
    case key(IndexKey)
    /// Nothing can have this value.
    case nothing
    /// The index does not have it.
    case everything

    /// The attributes that the index has keys for, wherever they occur.
    static let byName: [String: @Sendable (String) -> KeyedFilter] = [
        "project_id": { id($0) { .project($0) } },
        "tenant_id": { id($0) { .project($0) } },
        "network_id": { id($0) { .network($0) } },
        "security_group_id": { id($0) { .securityGroup($0) } },
        "name": { $0.isEmpty ? .everything : .key(.name($0)) },
        "device_id": { $0.isEmpty ? .everything : .key(.device($0)) },
        "mac_address": { MACAddress($0).map { .key(.mac($0)) } ?? .nothing },
    ]

    private static func id(_ text: String, _ key: (ObjectID) -> IndexKey) -> KeyedFilter {
        ObjectID(text).map { .key(key($0)) } ?? .nothing
    }
}
