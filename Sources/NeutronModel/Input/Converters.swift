import Addressing
import JSON

/// Neutron's converters: other spellings of a value become the one that is kept.
enum Convert {
    /// What `oslo_utils.strutils.bool_from_string` takes.
    ///
    /// - Throws: `InvalidInput`
    static func boolean(_ value: JSONValue) throws(NeutronError) -> Bool {
        if let value = value.boolValue { return value }
        guard let result = boolean(text: PythonText.text(value)) else {
            throw .invalidInput("'\(PythonText.text(value))' cannot be converted to boolean")
        }
        return result
    }

    /// Nil for a text that means neither.
    static func boolean(text: String) -> Bool? {
        switch text.lowercased().filter({ !$0.isWhitespace }) {
        case "t", "true", "on", "y", "yes", "1": true
        case "f", "false", "off", "n", "no", "0": false
        default: nil
        }
    }

    /// - Throws: `InvalidInput`
    static func integer(_ value: JSONValue) throws(NeutronError) -> Int {
        let result: Int? =
            switch value {
            case .integer(let value): value
            case .bool(let value): value ? 1 : 0
            case .number(let value): Int(exactly: value.rounded(.towardZero))
            case .string(let text): integer(text: text)
            default: nil
            }
        guard let result else { throw .invalidInput("'\(PythonText.text(value))' is not an integer") }
        return result
    }

    /// Nil for a text that is no integer.
    static func integer(text: String) -> Int? {
        var digits = Substring(text)
        while digits.first?.isWhitespace ?? false { digits.removeFirst() }
        while digits.last?.isWhitespace ?? false { digits.removeLast() }
        return Int(digits)
    }

    /// The canonical text of an IPv6 address; everything else as it is.
    static func canonicalAddress(_ value: JSONValue) -> JSONValue {
        guard let text = value.stringValue, text.contains(":"), let address = IPAddress(text) else { return value }
        return .string(address.description)
    }

    /// - Throws: `InvalidInput` when it is no block at all; a block without its length is a single address.
    static func canonicalBlock(_ value: JSONValue) throws(NeutronError) -> JSONValue {
        let text = PythonText.text(value)
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(parts.first ?? "") else { throw .invalidInput("\(text) is not in a CIDR format") }
        guard parts.count == 2 else { return .string("\(address)/\(address.family.bitWidth)") }
        guard let length = Int(parts[1]), (0...address.family.bitWidth).contains(length) else {
            throw .invalidInput("\(text) is not in a CIDR format")
        }
        return .string("\(address)/\(length)")
    }
}
