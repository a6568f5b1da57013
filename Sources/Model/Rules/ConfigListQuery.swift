import Addressing
import JSON

/// What a list of the config API asks for (vnc-api.md, 1.2), from a query or from the body of `list-bulk-collection`.
package struct ConfigListQuery: Sendable {
    var isDetailed = false
    var isCount = false
    var excludesLinks = false
    var fields: Set<String> = []
    /// By property, the values of which one must match.
    var filters: [(name: String, values: [JSONValue])] = []
    var parentIDs: [String]?
    var parentName: [String]?
    var parentType: String?
    var ids: [String]?
    var names: [[String]]?
    var backReferenceIDs: [String]?
    /// Nil when the client does not page.
    var page: Page?

    struct Page: Sendable {
        /// The last entry of the page before; nil for the first page.
        var marker: (name: String, id: ObjectID)?
        var limit: Int
    }

    /// - Parameter items: name and value of each query item, decoded; a name may repeat.
    /// - Throws: ``ConfigFault`` for a filter or marker that makes no sense.
    package init(items: [(name: String, value: String)]) throws(ConfigFault) {
        var texts: [String: String] = [:]
        for item in items where texts[item.name] == nil || item.name == "fields" {
            texts[item.name] = texts[item.name].map { "\($0),\(item.value)" } ?? item.value
        }
        try self.init(texts: texts, flags: texts.mapValues { $0.lowercased().contains("true") })
        excludesLinks = texts["exclude_hrefs"] != nil
        names = texts["fq_names"].map { text in
            Self.list(text).map { $0.split(separator: ":", omittingEmptySubsequences: false).map(String.init) }
        }
        parentName = texts["parent_fq_name_str"].map {
            $0.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        }
        parentType = texts["parent_type"]
    }

    /// - Parameter body: the members of a `list-bulk-collection` request.
    /// - Throws: ``ConfigFault``
    init(body: JSONObject) throws(ConfigFault) {
        var texts: [String: String] = [:]
        var flags: [String: Bool] = [:]
        for member in body {
            switch member.value {
            case .string(let text): texts[member.name] = text
            case .array(let elements): texts[member.name] = elements.map(\.pythonText).joined(separator: ",")
            case .bool(let flag): flags[member.name] = flag
            case .integer(let number): texts[member.name] = "\(number)"
            default: break
            }
        }
        try self.init(texts: texts, flags: flags)
        excludesLinks = flags["exclude_hrefs"] ?? (texts["exclude_hrefs"] != nil)
        // A marker that is there and null also starts paging.
        if page == nil, body["page_marker"] != nil {
            page = try Self.page(marker: "", limit: texts["page_limit"])
        }
    }

    private init(texts: [String: String], flags: [String: Bool]) throws(ConfigFault) {
        isDetailed = flags["detail"] ?? false
        isCount = flags["count"] ?? false
        fields = Set(Self.list(texts["fields"] ?? ""))
        if let text = texts["filters"], !text.isEmpty { filters = try Self.filters(text) }
        parentIDs = texts["parent_id"].map(Self.list)
        ids = texts["obj_uuids"].map(Self.list)
        backReferenceIDs = texts["back_ref_id"].map(Self.list)
        if let marker = texts["page_marker"] { page = try Self.page(marker: marker, limit: texts["page_limit"]) }
    }

    private static func list(_ text: String) -> [String] {
        text.split(separator: ",").map { $0.trimmingPrefix(" ") }.map(String.init)
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
        return Page(marker: (name: colon.map { String(text[..<$0]) } ?? "", id: id), limit: limit)
    }

    /// `name==<json>,…`; commas inside of strings and brackets belong to the value.
    private static func filters(_ text: String) throws(ConfigFault) -> [(name: String, values: [JSONValue])] {
        var filters: [(name: String, values: [JSONValue])] = []
        for part in topLevelParts(text) {
            guard let equals = part.firstRange(of: "==") else { throw ConfigFault(400, "Invalid filter \(text)") }
            let name = String(part[..<equals.lowerBound].filter { $0 != " " })
            let value: JSONValue
            do {
                value = try JSONValue(parsing: String(part[equals.upperBound...]))
            } catch {
                throw ConfigFault(400, "Invalid filter \(text): \(error)")
            }
            if let index = filters.firstIndex(where: { $0.name == name }) {
                filters[index].values.append(value)
            } else {
                filters.append((name, [value]))
            }
        }
        return filters
    }

    private static func topLevelParts(_ text: String) -> [Substring] {
        var parts: [Substring] = []
        var start = text.startIndex
        var depth = 0
        var isQuoted = false
        var isEscaped = false
        for index in text.indices {
            let character = text[index]
            if isQuoted {
                if !isEscaped, character == "\"" { isQuoted = false }
                isEscaped = !isEscaped && character == "\\"
                continue
            }
            switch character {
            case "\"": isQuoted = true
            case "[", "{": depth += 1
            case "]", "}": depth -= 1
            case "," where depth == 0:
                parts.append(text[start..<index])
                start = text.index(after: index)
            default: break
            }
        }
        parts.append(text[start...])
        return parts
    }
}
