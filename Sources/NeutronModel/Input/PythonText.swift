import JSON

/// Values as Python's `str` shows them, because Neutron's messages quote them that way.
enum PythonText {
    /// `str(value)`.
    static func text(_ value: JSONValue) -> String {
        if case .string(let text) = value { text } else { representation(value) }
    }

    /// `str(list)` of texts.
    static func list(_ texts: [String]) -> String {
        "[" + texts.map { representation(.string($0)) }.joined(separator: ", ") + "]"
    }

    private static func representation(_ value: JSONValue) -> String {
        switch value {
        case .null: "None"
        case .bool(let value): value ? "True" : "False"
        case .integer(let value): "\(value)"
        case .unsigned(let value): "\(value)"
        case .number(let value): "\(value)"
        case .string(let text):
            text.contains("'") && !text.contains("\"")
                ? "\"\(text)\"" : "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
        case .array(let elements): "[" + elements.map(representation).joined(separator: ", ") + "]"
        case .object(let object):
            "{"
                + object.map { representation(.string($0.name)) + ": " + representation($0.value) }
                .joined(separator: ", ") + "}"
        }
    }
}
