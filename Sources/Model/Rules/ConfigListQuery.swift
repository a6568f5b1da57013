import Addressing
import JSON

/// What a list of the config API asks for (vnc-api.md, 1.2), from a query or from the body of `list-bulk-collection`.
///
/// Unlike the original, which takes no notice of what it does not know, this refuses it: whoever deletes what a filter
/// returned would otherwise delete everything.
package struct ConfigListQuery: Sendable {
    var isDetailed = false
    var isCount = false
    var excludesLinks = false
    var fields: Set<String> = []
    var filters: [ConfigFilter] = []
    var parentIDs: Set<ObjectID>?
    var parentName: [String]?
    var parentType: String?
    var ids: Set<ObjectID>?
    var names: Set<[String]>?
    var backReferenceIDs: Set<ObjectID>?
    /// Nil when the client does not page.
    var page: Page?

    struct Page: Sendable {
        /// The last entry of the page before; nil for the first page. Its name is empty in lists that are in the order of
        /// ids.
        var marker: ListKey?
        var limit: Int
    }

    /// The parameters that select; each of them must say something.
    private static let selections: Set<String> = [
        "parent_id", "parent_fq_name_str", "parent_type", "obj_uuids", "fq_names", "back_ref_id", "filters",
    ]
    /// Those of them that may be given several times, which is the same as one list.
    private static let lists: Set<String> = ["parent_id", "obj_uuids", "fq_names", "back_ref_id", "filters", "fields"]
    /// The others. `exclude_children` and `exclude_back_refs` belong to reads, and lists show neither anyway; every list
    /// has what is shared, since only administrators see lists.
    private static let others: Set<String> = [
        "detail", "count", "shared", "fields", "exclude_hrefs", "exclude_children", "exclude_back_refs", "page_marker",
        "page_limit",
    ]

    /// - Parameter items: name and value of each query item, decoded.
    /// - Throws: ``ConfigFault`` for a parameter that is unknown or given twice, a filter or a marker that makes no sense.
    package init(items: [(name: String, value: String)]) throws(ConfigFault) {
        var parts: [String: [String]] = [:]
        for item in items { parts[item.name, default: []].append(item.value) }
        var texts: [String: String] = [:]
        for (name, values) in parts {
            if values.count > 1, Self.selections.contains(name), !Self.lists.contains(name) {
                throw ConfigFault(400, "Query parameter \(name) is given \(values.count) times")
            }
            texts[name] = Self.lists.contains(name) ? values.joined(separator: ",") : values[0]
        }
        try self.init(texts: texts, flags: texts.mapValues { $0.lowercased().contains("true") })
        excludesLinks = texts["exclude_hrefs"] != nil
    }

    /// - Parameter body: the members of a `list-bulk-collection` request.
    /// - Throws: ``ConfigFault``
    init(body: JSONObject) throws(ConfigFault) {
        var texts: [String: String] = [:]
        var flags: [String: Bool] = [:]
        for member in body where member.name != "type" {
            switch member.value {
            case .string(let text): texts[member.name] = text
            case .array(let elements): texts[member.name] = elements.map(\.pythonText).joined(separator: ",")
            case .bool(let flag): flags[member.name] = flag
            case .integer(let number): texts[member.name] = "\(number)"
            // A marker that is there and null also starts paging.
            case .null where member.name == "page_marker": texts[member.name] = ""
            default:
                guard !Self.selections.contains(member.name) else {
                    throw ConfigFault(400, "\(member.name) must be a text or a list")
                }
            }
        }
        try self.init(texts: texts, flags: flags)
        excludesLinks = flags["exclude_hrefs"] ?? (texts["exclude_hrefs"] != nil)
    }

    private init(texts: [String: String], flags: [String: Bool]) throws(ConfigFault) {
        let unknown = Set(texts.keys).union(flags.keys).subtracting(Self.selections).subtracting(Self.others)
        guard unknown.isEmpty else {
            throw ConfigFault(400, "Unknown query parameter \(unknown.sorted().joined(separator: ", "))")
        }
        isDetailed = flags["detail"] ?? false
        isCount = flags["count"] ?? false
        fields = Set(Self.list(texts["fields"] ?? ""))
        if let text = texts["filters"], !text.isEmpty { filters = try ConfigFilter.all(text) }
        parentIDs = Self.ids(texts["parent_id"])
        ids = Self.ids(texts["obj_uuids"])
        backReferenceIDs = Self.ids(texts["back_ref_id"])
        names = texts["fq_names"].map { Set(Self.list($0).map { Self.name($0) }) }
        parentName = texts["parent_fq_name_str"].map { Self.name($0) }
        parentType = texts["parent_type"]
        if let marker = texts["page_marker"] { page = try Self.page(marker: marker, limit: texts["page_limit"]) }
    }

    private static func list(_ text: String) -> [String] {
        text.split(separator: ",").map { $0.trimmingPrefix(" ") }.map(String.init)
    }

    private static func ids(_ text: String?) -> Set<ObjectID>? {
        text.map { Set(list($0).compactMap { ObjectID($0) }) }
    }

    private static func name(_ text: String) -> [String] {
        text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    }

    private static func page(marker text: String, limit: String?) throws(ConfigFault) -> Page {
        let number = limit.flatMap { $0 == "None" || $0.isEmpty ? nil : $0 }
        guard let limit = number.map({ Int($0) }) ?? 256, limit >= 1 else {
            throw ConfigFault(400, "Invalid page_limit \(number ?? "")")
        }
        guard !text.isEmpty, text != "None" else { return Page(marker: nil, limit: limit) }
        let colon = text.lastIndex(of: ":")
        let last = colon.map { text[text.index(after: $0)...] } ?? text[...]
        guard let id = ObjectID(last) else { throw ConfigFault(400, "Invalid page_marker \(text)") }
        return Page(marker: ListKey(name: colon.map { String(text[..<$0]) } ?? "", id: id), limit: limit)
    }
}
