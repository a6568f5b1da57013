extension Parser {
    mutating func parenthesis() throws(SyntaxFailure) -> Expression {
        let start = current.range.start
        try descend()
        if isSymbol(")") {
            try closing(")", "the parenthesis")
            return Expression(form: .tuple([]), range: range(from: start))
        }
        let first = try expression()
        try refuseComprehension()
        guard isSymbol(",") else {
            try closing(")", "the parenthesis")
            return Expression(form: first.form, range: range(from: start))
        }
        advance()
        let rest = try elements(until: ")", of: "the tuple")
        return Expression(form: .tuple([first] + rest), range: range(from: start))
    }

    mutating func dict() throws(SyntaxFailure) -> Expression {
        let start = current.range.start
        try descend()
        var entries: [(key: Expression, value: Expression)] = []
        while !isSymbol("}") {
            let keyStart = current.range.start
            let key = try expression()
            guard isSymbol(":") else {
                try refuseUnclosed(from: keyStart)
                throw unexpected(
                    "':' is missing after the key", "Write KEY : VALUE, and a comma after every entry.")
            }
            advance()
            let value = try expression()
            try refuseComprehension()
            entries.append((key, value))
            if isSymbol(":"), let end = endOfFirstLiteral(value) {
                throw missingComma(at: end, "a comma is missing here, before the next key of the dict")
            }
            guard take(",") else { break }
        }
        try closing("}", "the dict", lastStart: entries.last?.key.range.start)
        return Expression(form: .dict(entries), range: range(from: start))
    }

    /// Where the first literal of a string value ends, when the value was joined from several: the last of them was
    /// probably meant as a key.
    private func endOfFirstLiteral(_ value: Expression) -> Int? {
        guard case .string = value.form else { return nil }
        var inner = Lexer(lexer.source)
        inner.restart(at: value.range.start)
        let first = inner.next()
        return first.range.end < value.range.end ? first.range.end : nil
    }

    /// What stands between an opening bracket, already taken, and its end, with commas.
    mutating func elements(until end: String, of what: String) throws(SyntaxFailure) -> [Expression] {
        var elements: [Expression] = []
        while !isSymbol(end) {
            if end == ")", what == "the call", case .name = current.kind, isKeywordArgument {
                throw failure(current.range, "arguments with names are not read", "Write the arguments in order.")
            }
            elements.append(try expression())
            try refuseComprehension()
            guard take(",") else { break }
        }
        try closing(end, what, lastStart: elements.last?.range.start)
        return elements
    }

    private var isKeywordArgument: Bool { nextIs("=") }

    private var nextIsColon: Bool {
        switch current.kind {
        case .string, .name: nextIs(":")
        default: false
        }
    }

    private func nextIs(_ symbol: String) -> Bool {
        var ahead = lexer
        return ahead.next().kind == .symbol(symbol)
    }

    private func refuseComprehension() throws(SyntaxFailure) {
        guard case .name("for") = current.kind else { return }
        throw failure(
            current.range, "a comprehension ('... for x in ...') is not read",
            "Write the values out, one after the other.")
    }

    /// Takes the bracket that ends something, and leaves its level.
    mutating func closing(
        _ symbol: String, _ what: String, lastStart: Int? = nil
    ) throws(SyntaxFailure) {
        if isSymbol(symbol) {
            nesting -= 1
            advance()
            return
        }
        try refuseUnclosed(from: current.range.start)
        if isSymbol("="), let lastStart { try refuseUnclosed(from: lastStart) }
        if symbol != "}", isSymbol(":") || nextIsColon, let open = lexer.openBracket {
            throw failure(
                open.range, "this '\(open.symbol)' is not closed before the next key of the dict",
                "Write '\(symbol)' after its last element.")
        }
        switch current.kind {
        case .string, .name, .integer, .symbol("["), .symbol("{"), .symbol("("):
            throw missingComma(at: previousEnd, "a comma is missing here, before \(current.description)")
        default:
            throw unexpected(
                "\(current.description) is not expected in \(what)", "Write ',' or '\(symbol)' before it.")
        }
    }

    /// Blames the opening bracket when what stands at `start` is plainly the next statement, or the text ends.
    func refuseUnclosed(from start: Int) throws(SyntaxFailure) {
        let source = lexer.source
        let line = source.lineIndex(of: start)
        let beginsStatement = start == source.lineStart(line) && StatementLine.beginsStatement(source.line(line))
        guard current.kind == .end || beginsStatement, let open = lexer.openBracket else { return }
        let place = current.kind == .end ? "the end of the file" : "line \(line + 1), where a new statement begins"
        throw SyntaxFailure(
            range: open.range, message: "this '\(open.symbol)' is not closed before \(place)",
            proposal: "Add the closing bracket after its last entry.", resumeAt: start)
    }

    private func missingComma(at offset: Int, _ message: String) -> SyntaxFailure {
        failure(
            SourceRange(start: offset, end: offset), message, "Write ',' after every entry of a list or dict.")
    }

    mutating func descend() throws(SyntaxFailure) {
        nesting += 1
        guard nesting <= TestbedLimits.nesting else { throw tooDeep(current.range) }
        advance()
    }

    func range(from start: Int) -> SourceRange { SourceRange(start: start, end: max(start, previousEnd)) }
}
