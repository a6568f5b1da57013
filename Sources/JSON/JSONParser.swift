/// Why bytes are not JSON, and where.
package struct JSONError: Error, Hashable, CustomStringConvertible {
    /// What is wrong, in words.
    package let message: String
    /// The offset in bytes, from 0.
    package let offset: Int
    /// It may be JSON, and nests more deeply than is allowed.
    package var isTooDeep = false

    package var description: String { "invalid JSON at byte \(offset): \(message)" }
}

extension JSONValue {
    /// Reads one JSON text (RFC 8259) in UTF-8, with nothing but white space after it.
    ///
    /// - Parameters:
    ///   - bytes: the text; the caller limits its size.
    ///   - maximumDepth: how deeply arrays and objects may nest; a deeper text is refused, so that no input can
    ///     exhaust the stack.
    /// - Throws: ``JSONError`` for anything else: trailing commas, comments, invalid UTF-8, lone surrogates, a name
    ///   that occurs twice in an object, integers beyond 64 bits.
    package init(
        parsing bytes: some Sequence<UInt8>, maximumDepth: Int = JSONDepth.readable
    ) throws(JSONError) {
        var parser = JSONParser(bytes: Array(bytes), maximumDepth: maximumDepth)
        self = try parser.document()
    }

    /// Reads one JSON text from a string.
    ///
    /// - Throws: ``JSONError``
    package init(parsing text: String, maximumDepth: Int = JSONDepth.readable) throws(JSONError) {
        try self.init(parsing: Array(text.utf8), maximumDepth: maximumDepth)
    }
}

/// A cursor over the text. Every read of a byte is checked against the end.
private struct JSONParser {
    let bytes: [UInt8]
    let maximumDepth: Int
    var position = 0
    var depth = 0

    init(bytes: [UInt8], maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
    }

    mutating func document() throws(JSONError) -> JSONValue {
        let result = try value()
        skipSpace()
        guard position == bytes.count else { throw failure("text after the value") }
        return result
    }

    private mutating func value() throws(JSONError) -> JSONValue {
        skipSpace()
        switch peek {
        case UInt8(ascii: "{"): return .object(try object())
        case UInt8(ascii: "["): return .array(try array())
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case let byte? where byte == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte):
            return try number()
        case nil: throw failure("the text ends where a value should be")
        default: throw failure("no value starts here")
        }
    }

    private mutating func object() throws(JSONError) -> JSONObject {
        try descend()
        defer { depth -= 1 }
        var members: [JSONObject.Member] = []
        // Only for objects that are so large that a search of the members would be slower.
        var names: Set<String> = []
        skipSpace()
        if take("}") { return JSONObject() }
        repeat {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else { throw failure("a member's name in double quotes is missing") }
            let start = position
            let name = try string()
            if members.count == 16 { names = Set(members.map(\.name)) }
            let isNew = members.count < 16 ? !members.contains { $0.name == name } : names.insert(name).inserted
            guard isNew else {
                throw JSONError(message: "the name \"\(name)\" occurs twice in an object", offset: start)
            }
            skipSpace()
            guard take(":") else { throw failure("a colon is missing after a member's name") }
            members.append(.init(name: name, value: try value()))
            skipSpace()
        } while take(",")
        guard take("}") else { throw failure("a comma or a closing brace is missing") }
        return JSONObject(distinct: members)
    }

    private mutating func array() throws(JSONError) -> [JSONValue] {
        try descend()
        defer { depth -= 1 }
        var elements: [JSONValue] = []
        skipSpace()
        if take("]") { return elements }
        repeat {
            elements.append(try value())
            skipSpace()
        } while take(",")
        guard take("]") else { throw failure("a comma or a closing bracket is missing") }
        return elements
    }

    private mutating func descend() throws(JSONError) {
        position += 1
        depth += 1
        guard depth <= maximumDepth else {
            throw JSONError(
                message: "nested more than \(maximumDepth) levels deep", offset: position, isTooDeep: true)
        }
    }

    private mutating func string() throws(JSONError) -> String {
        let opening = position
        position += 1
        var start = position
        var unescaped: [UInt8]?
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\""):
                let text: String?
                if var unescaped {
                    unescaped.append(contentsOf: bytes[start..<position])
                    text = String(validating: unescaped, as: UTF8.self)
                } else {
                    text = String(validating: bytes[start..<position], as: UTF8.self)
                }
                guard let text else { throw JSONError(message: "a string is not valid UTF-8", offset: opening) }
                position += 1
                return text
            case UInt8(ascii: "\\"):
                var collected = unescaped ?? []
                collected.append(contentsOf: bytes[start..<position])
                collected.append(contentsOf: try escape())
                unescaped = collected
                start = position
            case 0..<0x20:
                throw failure("a control character in a string")
            default:
                position += 1
            }
        }
        throw JSONError(message: "a string does not end", offset: opening)
    }

    private mutating func escape() throws(JSONError) -> [UInt8] {
        position += 1
        guard let byte = peek else { throw failure("the text ends in an escape") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0c]
        case UInt8(ascii: "n"): return [0x0a]
        case UInt8(ascii: "r"): return [0x0d]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"):
            var scalar = UInt32(try fourHexDigits())
            if (0xd800..<0xdc00).contains(scalar) {
                guard take("\\"), take("u") else { throw failure("a surrogate without its other half") }
                let low = UInt32(try fourHexDigits())
                guard (0xdc00..<0xe000).contains(low) else { throw failure("a surrogate without its other half") }
                scalar = 0x10000 + (scalar - 0xd800) << 10 + (low - 0xdc00)
            }
            guard let character = Unicode.Scalar(scalar) else { throw failure("a surrogate without its other half") }
            return Array(String(character).utf8)
        default:
            throw failure("an unknown escape")
        }
    }

    private mutating func fourHexDigits() throws(JSONError) -> UInt16 {
        guard position + 4 <= bytes.count else { throw failure("the text ends in an escape") }
        let digits = bytes[position..<position + 4]
        guard digits.allSatisfy(Self.isHexDigit),
            let number = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw failure("four hexadecimal digits are missing") }
        position += 4
        return number
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte | 0x20 {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
        default: false
        }
    }

    private mutating func number() throws(JSONError) -> JSONValue {
        let start = position
        var isInteger = true
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") {
            isInteger = false
            try digits()
        }
        if take("e") || take("E") {
            isInteger = false
            if !take("+") { _ = take("-") }
            try digits()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger {
            if let integer = Int(text) { return .integer(integer) }
            if let unsigned = UInt64(text) { return .unsigned(unsigned) }
            throw JSONError(message: "an integer beyond 64 bits", offset: start)
        }
        guard let number = Double(text), number.isFinite else {
            throw JSONError(message: "a number out of range", offset: start)
        }
        return .number(number)
    }

    private mutating func digits() throws(JSONError) {
        let start = position
        while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        guard position > start else { throw failure("a digit is missing") }
    }

    private mutating func literal(_ text: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let expected = text.withUTF8Buffer { Array($0) }
        guard bytes[position...].starts(with: expected) else { throw failure("no value starts here") }
        position += expected.count
        return value
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
    }

    private func failure(_ message: String) -> JSONError { JSONError(message: message, offset: position) }
}
