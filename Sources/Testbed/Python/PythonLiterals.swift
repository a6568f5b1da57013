/// Python 2's forms of whole numbers.
enum PythonInteger {
    /// Reads `42`, `0644` and `0o644` (octal), `0x1f`, `0b11`, each with an optional `L`; nil for everything else and
    /// for what does not fit 64 bits.
    static func parse(_ text: String) -> Int? {
        var digits = Substring(text.lowercased())
        if digits.hasSuffix("l") { digits.removeLast() }
        let radixes: [(prefix: String, radix: Int)] = [("0x", 16), ("0o", 8), ("0b", 2)]
        for (prefix, radix) in radixes where digits.hasPrefix(prefix) {
            return unsigned(digits.dropFirst(2), radix: radix)
        }
        if digits.hasPrefix("0"), digits.count > 1 { return unsigned(digits.dropFirst(), radix: 8) }
        return unsigned(digits, radix: 10)
    }

    private static func unsigned(_ digits: Substring, radix: Int) -> Int? {
        guard let first = digits.utf8.first, first != UInt8(ascii: "-"), first != UInt8(ascii: "+") else { return nil }
        return Int(digits, radix: radix)
    }
}

/// The content of a string literal while it is read.
struct PythonStringContent {
    let isRaw: Bool
    let isUnicode: Bool
    private var bytes: [UInt8] = []

    init(isRaw: Bool, isUnicode: Bool) {
        self.isRaw = isRaw
        self.isUnicode = isUnicode
    }

    /// The text; nil when it is over the limit.
    var text: String? {
        bytes.count <= TestbedLimits.stringBytes ? String(decoding: bytes, as: UTF8.self) : nil
    }

    mutating func append(_ byte: UInt8) { bytes.append(byte) }

    /// Reads the escape at the start of `rest`, which begins with a backslash.
    ///
    /// - Returns: how many bytes it took, at least one.
    mutating func appendEscape(_ rest: ArraySlice<UInt8>) -> Int {
        let following = rest.dropFirst()
        guard let byte = following.first else {
            bytes.append(UInt8(ascii: "\\"))
            return 1
        }
        if isRaw {
            // A raw string keeps the backslash, and the quote after it does not end the string.
            bytes += [UInt8(ascii: "\\"), byte]
            return 2
        }
        switch byte {
        case 0x0d where following.dropFirst().first == 0x0a: return 3
        case 0x0a, 0x0d: return 2
        case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): bytes.append(byte)
        case UInt8(ascii: "n"): bytes.append(0x0a)
        case UInt8(ascii: "t"): bytes.append(0x09)
        case UInt8(ascii: "r"): bytes.append(0x0d)
        case UInt8(ascii: "a"): bytes.append(0x07)
        case UInt8(ascii: "b"): bytes.append(0x08)
        case UInt8(ascii: "f"): bytes.append(0x0c)
        case UInt8(ascii: "v"): bytes.append(0x0b)
        case UInt8(ascii: "0")...UInt8(ascii: "7"):
            let digits = following.prefix(3).prefix { (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) }
            append(digits, radix: 8)
            return 1 + digits.count
        case UInt8(ascii: "x"): return appendCode(following, digits: 2)
        case UInt8(ascii: "u") where isUnicode: return appendCode(following, digits: 4)
        case UInt8(ascii: "U") where isUnicode: return appendCode(following, digits: 8)
        default: bytes += [UInt8(ascii: "\\"), byte]
        }
        return 2
    }

    private mutating func appendCode(_ following: ArraySlice<UInt8>, digits count: Int) -> Int {
        let digits = following.dropFirst().prefix(count).prefix(while: Self.isHexDigit)
        guard digits.count == count else {
            bytes += [UInt8(ascii: "\\")] + following.prefix(1)
            return 2
        }
        append(digits, radix: 16)
        return 2 + count
    }

    private mutating func append(_ digits: ArraySlice<UInt8>, radix: Int) {
        let code = UInt32(String(decoding: digits, as: UTF8.self), radix: radix) ?? 0xfffd
        bytes += Array(String(Unicode.Scalar(code) ?? "\u{fffd}").utf8)
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}
