/// What the beginning of a line tells about the statement on it, without parsing it: for recovery after a mistake.
enum StatementLine {
    /// Whether a statement begins in the line's first column: an assignment, an import or an `if`.
    static func beginsStatement(_ line: ArraySlice<UInt8>) -> Bool {
        guard let first = line.first, Lexer.isNameStart(first) else { return false }
        let word = String(decoding: line.prefix(while: isNamePart), as: UTF8.self)
        switch word {
        case "except", "finally", "elif", "else": return false
        case "import", "from", "if": return true
        default: if RefusedWord.explanation(word) != nil { return true }
        }
        return target(line, at: line.startIndex) != nil
    }

    /// The target of the assignment that a line begins with, wherever it is indented.
    static func target(_ line: ArraySlice<UInt8>, at offset: Int) -> AssignmentTarget? {
        let text = line.drop { $0 == UInt8(ascii: " ") || $0 == 0x09 }
        guard let first = text.first, Lexer.isNameStart(first) else { return nil }
        let name = text.prefix(while: isNamePart)
        var rest = text[name.endIndex...]
        var attribute: ArraySlice<UInt8>?
        if rest.first == UInt8(ascii: ".") {
            let word = rest.dropFirst().prefix(while: isNamePart)
            guard !word.isEmpty else { return nil }
            attribute = word
            rest = rest[word.endIndex...]
        }
        let end = rest.startIndex
        while rest.first == UInt8(ascii: "["), let close = rest.firstIndex(of: UInt8(ascii: "]")) {
            rest = rest[(close + 1)...]
        }
        rest = rest.drop { $0 == UInt8(ascii: " ") || $0 == 0x09 }
        guard rest.first == UInt8(ascii: "="), rest.dropFirst().first != UInt8(ascii: "=") else { return nil }
        let start = offset + (text.startIndex - line.startIndex)
        return AssignmentTarget(
            name: String(decoding: name, as: UTF8.self),
            attribute: attribute.map { String(decoding: $0, as: UTF8.self) },
            range: SourceRange(start: start, end: start + (end - text.startIndex)))
    }

    private static func isNamePart(_ byte: UInt8) -> Bool { Lexer.isNameStart(byte) || Lexer.isDigit(byte) }
}

/// Python's words for what a testbed never needs and Skein never runs.
enum RefusedWord {
    static func explanation(_ word: String) -> (reason: String, proposal: String)? {
        switch word {
        case "for", "while":
            ("is a loop; Skein reads the file, it does not run it", "Write the values out, one after the other.")
        case "def", "class", "lambda":
            ("defines code; Skein reads the file, it does not run it", "Write the resulting values instead.")
        case "try", "with", "raise", "assert", "return", "yield", "global", "nonlocal", "del", "async", "await", "exec",
            "print", "break", "continue", "except", "finally":
            ("is a statement that Skein does not run", "Remove it; assign plain values.")
        default: nil
        }
    }
}

/// Modules whose import a testbed may write; nothing is ever imported.
enum IgnoredModule {
    static func isHarmless(_ module: String) -> Bool {
        let root = module.prefix { $0 != "." }
        return root == "fabric" || root == "os" || root == "sys" || root == "__future__"
    }
}
