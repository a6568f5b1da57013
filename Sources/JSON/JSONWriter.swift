/// Writes JSON as bytes, one token after the other, without a tree between a value and its text.
///
/// The caller opens and closes objects and arrays; the writer puts the commas. It trusts its caller to pair them.
package struct JSONWriter: ~Copyable {
    /// What has been written so far.
    package private(set) var bytes: [UInt8]
    private var needsComma = false

    package init(capacity: Int = 256) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// Goes on where another writer stopped, for a text that is made in parts.
    package init(capacity: Int, after state: State) {
        self.init(capacity: capacity)
        needsComma = state.needsComma
    }

    /// What a writer has to know of what is before it.
    package struct State: Sendable {
        fileprivate var needsComma = false

        package init() {}
    }

    /// For the writer that goes on.
    package var state: State {
        var state = State()
        state.needsComma = needsComma
        return state
    }

    /// How many bytes have been written so far.
    package var count: Int { bytes.count }

    /// Takes the bytes out of the writer.
    package consuming func finish() -> [UInt8] { bytes }

    package mutating func beginObject() { open(UInt8(ascii: "{")) }
    package mutating func endObject() { close(UInt8(ascii: "}")) }
    package mutating func beginArray() { open(UInt8(ascii: "[")) }
    package mutating func endArray() { close(UInt8(ascii: "]")) }

    /// The name of the member whose value comes next.
    package mutating func name(_ name: StaticString) {
        comma()
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// The name of the member whose value comes next, when it is not a constant.
    package mutating func name(dynamic name: String) {
        comma()
        quoted(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    package mutating func null() { literal("null") }
    package mutating func value(_ value: Bool) { literal(value ? "true" : "false") }

    package mutating func value(_ value: Int) {
        comma()
        append(decimal: value)
        needsComma = true
    }

    /// A number that JSON has no form for (infinite, not a number) is written as null.
    package mutating func value(_ value: Double) {
        comma()
        bytes.append(contentsOf: (value.isFinite ? "\(value)" : "null").utf8)
        needsComma = true
    }

    package mutating func value(_ value: String) {
        comma()
        quoted(value)
        needsComma = true
    }

    /// The string, or null.
    package mutating func value(_ value: String?) {
        if let value { self.value(value) } else { null() }
    }

    package mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let value): self.value(value)
        case .integer(let value): self.value(value)
        case .unsigned(let value): raw("\(value)".utf8)
        case .number(let value): self.value(value)
        case .string(let value): self.value(value)
        case .array(let elements):
            beginArray()
            for element in elements { self.value(element) }
            endArray()
        case .object(let object): self.value(object)
        }
    }

    package mutating func value(_ object: JSONObject) {
        beginObject()
        for member in object {
            name(dynamic: member.name)
            value(member.value)
        }
        endObject()
    }

    /// A value that is JSON text already.
    package mutating func raw(_ json: some Collection<UInt8>) {
        comma()
        bytes.append(contentsOf: json)
        needsComma = true
    }

    private mutating func open(_ bracket: UInt8) {
        comma()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func literal(_ text: StaticString) {
        comma()
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
        needsComma = true
    }

    private mutating func comma() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    private mutating func append(decimal value: Int) {
        if (0..<10).contains(value) {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value))
        } else {
            bytes.append(contentsOf: String(value).utf8)
        }
    }

    private mutating func quoted(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { source in
            var start = 0
            for index in 0..<source.count {
                let byte = source[index]
                guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
                bytes.append(contentsOf: source[start..<index])
                escape(byte)
                start = index + 1
            }
            bytes.append(contentsOf: source[start..<source.count])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\n"): bytes.append(UInt8(ascii: "n"))
        case UInt8(ascii: "\r"): bytes.append(UInt8(ascii: "r"))
        case UInt8(ascii: "\t"): bytes.append(UInt8(ascii: "t"))
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        default:
            let digits = Array("0123456789abcdef".utf8)
            bytes.append(contentsOf: [
                UInt8(ascii: "u"), UInt8(ascii: "0"), UInt8(ascii: "0"), digits[Int(byte >> 4)], digits[Int(byte & 15)],
            ])
        }
    }
}

extension JSONValue {
    /// The value as compact JSON text in UTF-8.
    package var bytes: [UInt8] {
        var writer = JSONWriter()
        writer.value(self)
        return writer.finish()
    }

    /// The value as compact JSON text.
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The value as JSON text for people: two spaces a level, a line a member.
    package func prettyText() -> String {
        var lines = ""
        Self.pretty(self, indent: "", into: &lines)
        return lines
    }

    private static func pretty(_ value: JSONValue, indent: String, into text: inout String) {
        let inner = indent + "  "
        switch value {
        case .array(let elements) where !elements.isEmpty:
            text += "[\n"
            for (index, element) in elements.enumerated() {
                text += inner
                pretty(element, indent: inner, into: &text)
                text += index == elements.count - 1 ? "\n" : ",\n"
            }
            text += indent + "]"
        case .object(let object) where !object.isEmpty:
            text += "{\n"
            for (index, member) in object.enumerated() {
                text += inner + JSONValue.string(member.name).text + ": "
                pretty(member.value, indent: inner, into: &text)
                text += index == object.count - 1 ? "\n" : ",\n"
            }
            text += indent + "}"
        default:
            text += value.text
        }
    }
}
