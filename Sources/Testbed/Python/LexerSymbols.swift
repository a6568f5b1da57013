extension Lexer {
    private static let longSymbols: [String] = [
        "**=", "//=", "<<=", ">>=", "==", "!=", "<=", ">=", "<>", "+=", "-=", "*=", "/=", "%=", "|=", "&=", "^=", "**",
        "//", "<<", ">>", "->", ":=",
    ]

    mutating func symbol() -> Token {
        let start = position
        for symbol in Self.longSymbols where source.bytes[start...].starts(with: symbol.utf8) {
            position += symbol.utf8.count
            return Token(kind: .symbol(symbol), range: SourceRange(start: start, end: position))
        }
        guard source.bytes[start] < 0x80 else { return foreignCharacter() }
        position += 1
        let symbol = String(decoding: source.bytes[start..<position], as: UTF8.self)
        let range = SourceRange(start: start, end: position)
        switch symbol {
        case "(", "[", "{":
            openBrackets.append((symbol, range))
            guard openBrackets.count <= TestbedLimits.nesting else {
                var failure = SyntaxFailure(
                    range: range, message: "brackets are nested more than \(TestbedLimits.nesting) levels deep",
                    proposal: "Split the value into several variables.")
                failure.isLimit = true
                return Token(kind: .invalid(failure), range: range)
            }
            return Token(kind: .symbol(symbol), range: range)
        case ")", "]", "}": return closingBracket(symbol, range)
        case ",", ":", ".", ";", "=", "+", "-", "%", "<", ">", "*", "/", "|", "&", "^", "~", "@", "`", "!", "?", "$":
            return Token(kind: .symbol(symbol), range: range)
        case "\\":
            return invalid(
                range, "a backslash must be the last character of its line",
                "Remove what follows it, or the backslash: inside brackets none is needed.")
        default:
            return invalid(range, "a control character is in the text", "Remove it; an editor may not show it.")
        }
    }

    private mutating func closingBracket(_ symbol: String, _ range: SourceRange) -> Token {
        guard let open = openBrackets.popLast() else {
            return invalid(
                range, "'\(symbol)' closes nothing: no bracket is open here",
                "Remove it, or add the opening bracket that is missing above.")
        }
        let expected = ["(": ")", "[": "]", "{": "}"][open.symbol]
        guard expected == symbol else {
            let location = source.location(of: open.range)
            return invalid(
                range, "'\(symbol)' does not close the '\(open.symbol)' of line \(location.line)",
                "Write '\(expected ?? "")' before it, or correct the opening bracket.")
        }
        return Token(kind: .symbol(symbol), range: range)
    }

    private mutating func foreignCharacter() -> Token {
        let start = position
        position += 1
        while let byte = peek(), byte & 0xc0 == 0x80 { position += 1 }
        let range = SourceRange(start: start, end: position)
        let character = String(decoding: source.bytes[start..<position], as: UTF8.self)
        switch character {
        case "\u{2018}", "\u{2019}", "\u{201c}", "\u{201d}":
            return invalid(
                range, "'\(character)' is a typographic quotation mark, which Python does not know",
                "Replace it by ' (a word processor or a web page changed it).")
        case "\u{a0}", "\u{200b}", "\u{feff}":
            return invalid(
                range, "an invisible character is in the text (a no-break or zero-width space)",
                "Replace it by an ordinary space (a web page brought it).")
        case "\u{2013}", "\u{2014}":
            return invalid(range, "'\(character)' is a typographic dash", "Replace it by - or put it in quotes.")
        default:
            return invalid(range, "'\(character)' is not Python outside of a string", "Remove it or put it in quotes.")
        }
    }
}
