import JSON

/// The query of a read: filters, fields, sorting and pages, as Neutron takes them.
package struct NeutronQuery: Sendable {
    /// One name and value, decoded.
    package typealias Item = (name: String, value: String)

    /// The attributes that are asked for; nil for all.
    let fields: [String]?
    let sorting: [(key: String, ascending: Bool)]
    /// Nil when the client leaves the size of pages to the server.
    let limit: Int?
    let marker: String?
    let isReversed: Bool
    /// What is left, with all the values of a name together.
    let filters: [(name: String, values: [String])]
    private let items: [Item]

    /// Most parameters of a query: more ids to filter by do not fit into a request's head.
    static let itemCount = 4_096

    /// - Throws: ``NeutronError`` when limit or sorting make no sense, or there are too many parameters.
    package init(_ items: [Item]) throws(NeutronError) {
        guard items.count <= Self.itemCount else {
            throw .badRequest("The query has \(items.count) parameters; at most \(Self.itemCount) are allowed")
        }
        func values(_ name: String) -> [String] { items.filter { $0.name == name && !$0.value.isEmpty }.map(\.value) }
        self.items = items
        let fields = values("fields")
        self.fields = fields.isEmpty ? nil : fields
        let keys = values("sort_key")
        let directions = values("sort_dir")
        guard keys.count == directions.count else {
            throw .badRequest("The number of sort_keys and sort_dirs must be same")
        }
        let unknown = directions.filter { $0 != "asc" && $0 != "desc" }
        guard unknown.isEmpty else {
            throw .badRequest(
                "\(PythonText.list(unknown)) is invalid value for sort_dirs, valid value is 'asc' and 'desc'")
        }
        var seen: Set<String> = []
        // What is in order by a key has nothing left to be put in order by the same key.
        sorting = zip(keys, directions).filter { seen.insert($0.0).inserted }.map { (key: $0, ascending: $1 == "asc") }
        let given = items.first { $0.name == "limit" }?.value ?? "0"
        guard let limit = Convert.integer(text: given), limit >= 0 else {
            throw .badRequest(resource: "limit", "Limit must be an integer 0 or greater and not '\(given)'")
        }
        self.limit = limit == 0 ? nil : limit
        marker = values("marker").first
        isReversed = items.first { $0.name == "page_reverse" }?.value.lowercased() == "true"
        var filters: [(name: String, values: [String])] = []
        var places: [String: Int] = [:]
        for item in items where !Self.controls.contains(item.name) {
            if let place = places[item.name] {
                filters[place].values.append(item.value)
            } else {
                places[item.name] = filters.count
                filters.append((name: item.name, values: [item.value]))
            }
        }
        self.filters = filters
    }

    /// The names that are no filters.
    private static let controls: Set<String> = ["fields", "sort_key", "sort_dir", "limit", "marker", "page_reverse"]

    /// The address of the page after (or before) the one that ends (or begins) with `id`.
    func link(_ url: String, marker id: String?, reversed: Bool) -> String {
        var kept = items.filter { $0.name != "marker" && $0.name != "page_reverse" }
        if let id { kept.append((name: "marker", value: id)) }
        if reversed { kept.append((name: "page_reverse", value: "True")) }
        return url + "?" + kept.map { Self.escaped($0.name) + "=" + Self.escaped($0.value) }.joined(separator: "&")
    }

    /// `application/x-www-form-urlencoded`.
    private static func escaped(_ text: String) -> String {
        var bytes: [UInt8] = []
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"):
                bytes.append(byte)
            case UInt8(ascii: " "): bytes.append(UInt8(ascii: "+"))
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
