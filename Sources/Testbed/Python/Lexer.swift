/// Cuts a Python text into tokens: indentation, implicit line joining in brackets, comments, strings of every quoting.
///
/// It never fails: what is no token becomes one of kind `invalid`. `restart(at:)` goes on anywhere in the text, which
/// is how the parser recovers.
struct Lexer {
    let source: SourceText
    var position: Int
    var openBrackets: [(symbol: String, range: SourceRange)] = []
    private var indentations = [0]
    private var pendingDedents = 0
    private var isAtLineStart = true
    private var hasTokenInLine = false

    init(_ source: SourceText) {
        self.source = source
        position = source.start
    }

    /// Goes on at the beginning of a line, with nothing open.
    mutating func restart(at offset: Int) {
        position = offset
        openBrackets = []
        indentations = [0]
        pendingDedents = 0
        isAtLineStart = true
        hasTokenInLine = false
    }

    /// The innermost bracket that is open, if any.
    var openBracket: (symbol: String, range: SourceRange)? { openBrackets.last }

    mutating func next() -> Token {
        if pendingDedents > 0 {
            pendingDedents -= 1
            return Token(kind: .dedent, range: SourceRange(start: position, end: position))
        }
        if isAtLineStart, openBrackets.isEmpty, let token = indentation() { return token }
        skipBlank()
        let start = position
        guard let byte = peek() else { return endOfText() }
        if byte == 0x0a || byte == 0x0d {
            newline()
            isAtLineStart = true
            hasTokenInLine = false
            return Token(kind: .newline, range: SourceRange(start: start, end: start))
        }
        hasTokenInLine = true
        if Self.isNameStart(byte) { return nameOrString() }
        if Self.isDigit(byte) { return number() }
        if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
            return string(start: start, isRaw: false, isUnicode: false)
        }
        return symbol()
    }

    // MARK: White space

    /// The change of indentation at the start of a logical line; nil when there is none.
    private mutating func indentation() -> Token? {
        var lineStart = position
        var width = 0
        while let byte = peek() {
            if byte == UInt8(ascii: " ") {
                width += 1
            } else if byte == 0x09 {
                width = (width / 8 + 1) * 8
            } else if byte == 0x0c {
                width = 0
            } else if byte == UInt8(ascii: "#") {
                skipComment()
                continue
            } else if byte == 0x0a || byte == 0x0d {
                newline()
                lineStart = position
                width = 0
                continue
            } else {
                break
            }
            position += 1
        }
        isAtLineStart = false
        guard peek() != nil else { return nil }
        let range = SourceRange(start: lineStart, end: position)
        let current = indentations.last ?? 0
        if width > current {
            indentations.append(width)
            return Token(kind: .indent, range: range)
        }
        guard width < current else { return nil }
        while let last = indentations.last, last > width {
            indentations.removeLast()
            pendingDedents += 1
        }
        guard indentations.last == width else {
            indentations.append(width)
            return invalid(
                range, "this line's indentation matches no line above it",
                "Indent it like the other lines of its block, with the same mix of tabs and spaces.")
        }
        pendingDedents -= 1
        return Token(kind: .dedent, range: SourceRange(start: position, end: position))
    }

    private mutating func skipBlank() {
        while let byte = peek() {
            if byte == UInt8(ascii: " ") || byte == 0x09 || byte == 0x0c {
                position += 1
            } else if byte == UInt8(ascii: "#") {
                skipComment()
            } else if !openBrackets.isEmpty, byte == 0x0a || byte == 0x0d {
                newline()
            } else if byte == UInt8(ascii: "\\"), let following = peek(1), following == 0x0a || following == 0x0d {
                position += 1
                newline()
            } else {
                return
            }
        }
    }

    private mutating func skipComment() {
        while let byte = peek(), byte != 0x0a, byte != 0x0d { position += 1 }
    }

    private mutating func newline() {
        position += peek() == 0x0d && peek(1) == 0x0a ? 2 : 1
    }

    private mutating func endOfText() -> Token {
        let range = SourceRange(start: position, end: position)
        if hasTokenInLine, openBrackets.isEmpty {
            hasTokenInLine = false
            isAtLineStart = true
            return Token(kind: .newline, range: range)
        }
        if openBrackets.isEmpty, indentations.count > 1 {
            indentations.removeLast()
            return Token(kind: .dedent, range: range)
        }
        return Token(kind: .end, range: range)
    }

    // MARK: Tokens

    private mutating func nameOrString() -> Token {
        let start = position
        while let byte = peek(), Self.isNameStart(byte) || Self.isDigit(byte) { position += 1 }
        let name = String(decoding: source.bytes[start..<position], as: UTF8.self)
        guard let quote = peek(), quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\""), name.utf8.count <= 2 else {
            return Token(kind: .name(name), range: SourceRange(start: start, end: position))
        }
        switch name.lowercased() {
        case "u", "b": return string(start: start, isRaw: false, isUnicode: name.lowercased() == "u")
        case "r", "ur", "br": return string(start: start, isRaw: true, isUnicode: false)
        default:
            return invalid(
                SourceRange(start: start, end: position + 1), "a string with the prefix '\(name)' is not read",
                "Write the string without the prefix, with the values in it.")
        }
    }

    private mutating func number() -> Token {
        let start = position
        while let byte = peek(), Self.isNameStart(byte) || Self.isDigit(byte) || byte == UInt8(ascii: ".") {
            position += 1
        }
        let range = SourceRange(start: start, end: position)
        let text = String(decoding: source.bytes[start..<position], as: UTF8.self)
        if let value = PythonInteger.parse(text) { return Token(kind: .integer(value), range: range) }
        if text.contains(".") {
            return invalid(
                range, "'\(text)' is neither a string nor a whole number", "Put it in quotes: '\(text)'.")
        }
        if text.utf8.contains(where: Self.isNameStart) {
            return invalid(
                range, "a name cannot begin with a digit: '\(text)'",
                "Begin the name with a letter, such as 'host_\(text)', everywhere it is used.")
        }
        return invalid(range, "the number '\(text)' is not one that Python reads", "Write it in decimal digits.")
    }

    // MARK: Strings

    private mutating func string(start: Int, isRaw: Bool, isUnicode: Bool) -> Token {
        guard let quote = peek() else { return endOfText() }
        let isTriple = peek(1) == quote && peek(2) == quote
        position += isTriple ? 3 : 1
        var content = PythonStringContent(isRaw: isRaw, isUnicode: isUnicode)
        while let byte = peek() {
            if byte == quote, !isTriple || (peek(1) == quote && peek(2) == quote) {
                position += isTriple ? 3 : 1
                let range = SourceRange(start: start, end: position)
                guard let text = content.text else {
                    return tooLong(range)
                }
                return Token(kind: .string(text), range: range)
            }
            if byte == UInt8(ascii: "\\") {
                position += content.appendEscape(source.bytes[position...])
            } else if byte == 0x0a || byte == 0x0d {
                guard isTriple else { break }
                newline()
                content.append(0x0a)
            } else {
                content.append(byte)
                position += 1
            }
        }
        position = min(position, source.bytes.count)
        let mark = String(repeating: Character(Unicode.Scalar(quote)), count: isTriple ? 3 : 1)
        return invalid(
            SourceRange(start: start, end: position), "this string does not end",
            "Add \(mark) where it should end" + (isTriple ? "." : ", on the same line."))
    }

    private func tooLong(_ range: SourceRange) -> Token {
        let failure = SyntaxFailure(
            range: range, message: "a string is longer than \(TestbedLimits.stringBytes) bytes",
            proposal: "Shorten it; no setting needs that much.", isLimit: true)
        return Token(kind: .invalid(failure), range: range)
    }

    // MARK: Characters

    func invalid(_ range: SourceRange, _ message: String, _ proposal: String) -> Token {
        Token(kind: .invalid(SyntaxFailure(range: range, message: message, proposal: proposal)), range: range)
    }

    func peek(_ distance: Int = 0) -> UInt8? {
        let index = position + distance
        return index < source.bytes.count ? source.bytes[index] : nil
    }

    static func isNameStart(_ byte: UInt8) -> Bool {
        switch byte | 0x20 {
        case UInt8(ascii: "a")...UInt8(ascii: "z"): true
        default: byte == UInt8(ascii: "_")
        }
    }

    static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
