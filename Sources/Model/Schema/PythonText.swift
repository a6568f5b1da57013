import JSON

// Texts as Python writes them: Contrail's error messages quote values so, and people's scripts match them.
extension JSONValue {
    /// Python's `str()` of the value.
    var pythonText: String {
        if case .string(let text) = self { return text }
        return pythonRepresentation
    }

    /// Python's `repr()` of the value.
    var pythonRepresentation: String {
        switch self {
        case .null: "None"
        case .bool(let value): value ? "True" : "False"
        case .integer(let value): "\(value)"
        case .unsigned(let value): "\(value)"
        case .number(let value): "\(value)"
        case .string(let text): Self.quoted(text)
        case .array(let elements): "[" + elements.map(\.pythonRepresentation).joined(separator: ", ") + "]"
        case .object(let object):
            "{" + object.map { "\(Self.quoted($0.name)): \($0.value.pythonRepresentation)" }.joined(separator: ", ")
                + "}"
        }
    }

    /// Whether Python takes it for false.
    var isFalsy: Bool {
        switch self {
        case .null: true
        case .bool(let value): !value
        case .integer(let value): value == 0
        case .unsigned: false
        case .number(let value): value == 0
        case .string(let text): text.isEmpty
        case .array(let elements): elements.isEmpty
        case .object(let object): object.isEmpty
        }
    }

    private static func quoted(_ text: String) -> String {
        let escaped = text.replacing("\\", with: "\\\\")
        guard escaped.contains("'") else { return "'\(escaped)'" }
        return escaped.contains("\"") ? "'\(escaped.replacing("'", with: "\\'"))'" : "\"\(escaped)\""
    }
}

extension [String] {
    /// Python's text of a list of strings: `['a', 'b']`.
    var pythonText: String { JSONValue.array(map { .string($0) }).pythonText }
}
