import JSON

/// One property that a list is filtered by, with the values of which it must have one (vnc-api.md, 1.2).
struct ConfigFilter: Sendable {
    let name: String
    private(set) var values: [Wanted] = []

    /// The longest text of filters, in bytes: far more than any query can be.
    static let textBytes = 64 << 10
    /// Most values of a list's filters together: every object of the type is compared with each of them.
    static let valueCount = 256

    /// A value as the filter has it.
    struct Wanted: Sendable {
        private let value: JSONValue
        /// What a text says that is itself JSON: how clients write structs.
        private let meant: JSONValue

        init(_ value: JSONValue) {
            self.value = value
            if case .string(let text) = value, let parsed = try? JSONValue(parsing: text) {
                meant = parsed
            } else {
                meant = value
            }
        }

        /// A struct has it when it has all its members.
        func matches(_ property: JSONValue) -> Bool {
            if property == value || property == meant { return true }
            guard let members = meant.objectValue, let object = property.objectValue else { return false }
            return members.allSatisfy { object[$0.name] == $0.value }
        }
    }

    /// An object without the property does not match.
    func matches(_ object: ConfigObject) -> Bool {
        guard let property = object.properties[name] else { return false }
        return values.contains { $0.matches(property) }
    }

    /// Reads `name==<json>,…`; commas inside of strings and brackets belong to the value. The same name twice means "or".
    ///
    /// - Throws: 400
    static func all(_ text: String) throws(ConfigFault) -> [ConfigFilter] {
        guard text.utf8.count <= textBytes else {
            throw ConfigFault(400, "Invalid filter: it is longer than \(textBytes) bytes")
        }
        let parts = topLevelParts(text)
        guard parts.count <= valueCount else {
            throw ConfigFault(400, "Invalid filter: it has more than \(valueCount) values")
        }
        var filters: [ConfigFilter] = []
        for part in parts {
            guard let equals = part.firstRange(of: "==") else { throw ConfigFault(400, "Invalid filter \(text)") }
            let name = String(part[..<equals.lowerBound].filter { $0 != " " })
            let value: JSONValue
            do {
                value = try JSONValue(parsing: String(part[equals.upperBound...]))
            } catch {
                throw ConfigFault(400, "Invalid filter \(text): \(error)")
            }
            if let index = filters.firstIndex(where: { $0.name == name }) {
                filters[index].values.append(Wanted(value))
            } else {
                filters.append(ConfigFilter(name: name, values: [Wanted(value)]))
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
        for index in text.utf8.indices {
            let byte = text.utf8[index]
            if isQuoted {
                if !isEscaped, byte == UInt8(ascii: "\"") { isQuoted = false }
                isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isQuoted = true
            case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            case UInt8(ascii: ",") where depth == 0:
                parts.append(text[start..<index])
                start = text.utf8.index(after: index)
            default: break
            }
        }
        parts.append(text[start...])
        return parts
    }
}
