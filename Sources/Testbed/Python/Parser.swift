/// Reads the statements of a Python text, and goes on after a mistake at the next statement without indentation, so that
/// one run finds them all.
struct Parser {
    var lexer: Lexer
    var current: Token
    /// Where the last token that was taken ends.
    var previousEnd: Int
    var nesting = 0
    private(set) var failures: [SyntaxFailure] = []

    init(_ source: SourceText) {
        lexer = Lexer(source)
        previousEnd = source.start
        current = lexer.next()
    }

    /// All statements that can be read, and what is wrong with the others.
    static func parse(_ source: SourceText) -> (statements: [Statement], failures: [SyntaxFailure]) {
        var parser = Parser(source)
        let statements = parser.module()
        return (statements, parser.failures)
    }

    private mutating func module() -> [Statement] {
        var statements: [Statement] = []
        while current.kind != .end {
            if current.kind == .newline {
                advance()
                continue
            }
            let start = current.range.start
            do throws(SyntaxFailure) {
                try statement(into: &statements)
            } catch {
                if failures.count < TestbedLimits.diagnostics { failures.append(error) }
                let targets = recover(from: start, error)
                let end = max(start, current.range.start)
                statements.append(.unreadable(targets, SourceRange(start: start, end: end)))
            }
        }
        return statements
    }

    // MARK: Statements

    private mutating func statement(into statements: inout [Statement]) throws(SyntaxFailure) {
        if current.kind == .indent {
            throw failure(
                current.range, "this line is indented, but no block is open",
                "Remove the white space before it; only the lines below an 'if' or 'else' are indented.")
        }
        if case .name("if") = current.kind {
            statements.append(try conditional())
            return
        }
        var line: [Statement] = []
        repeat {
            guard current.kind != .newline else { break }
            line.append(try simpleStatement())
        } while take(";")
        try endOfStatement()
        // Only now: half a line must not be evaluated.
        statements += line
    }

    private mutating func simpleStatement() throws(SyntaxFailure) -> Statement {
        if case .name(let word) = current.kind {
            switch word {
            case "import": return try importStatement()
            case "from": return try fromStatement()
            case "pass":
                advance()
                return .ignored
            case "elif", "else":
                throw failure(
                    current.range, "'\(word)' has no 'if' before it",
                    "Put it directly below the block of its 'if', with the same indentation.")
            default:
                if let refusal = RefusedWord.explanation(word) {
                    throw failure(current.range, "'\(word)' \(refusal.reason)", refusal.proposal)
                }
            }
        }
        var targets: [(target: AssignmentTarget, items: [Expression])] = []
        var value = try expressionList()
        while isSymbol("=") {
            targets.append(try target(value))
            advance()
            value = try expressionList()
        }
        if case .symbol(let symbol) = current.kind, symbol.hasSuffix("="), symbol.utf8.count > 1 {
            throw failure(
                current.range, "'\(symbol)' is not in the part of Python that Skein reads",
                "Assign the whole value with '='.")
        }
        guard targets.isEmpty else { return .assignment(targets, value) }
        if case .postfix(_, let trailers) = value.form, case .call? = trailers.last { return .call(value.range) }
        return .ignored
    }

    private mutating func importStatement() throws(SyntaxFailure) -> Statement {
        let start = current.range
        advance()
        var module = try dottedName()
        try alias()
        while take(",") {
            let next = try dottedName()
            if !IgnoredModule.isHarmless(next) { module = next }
            try alias()
        }
        return .imported(module: module, start.joined(with: SourceRange(start: start.start, end: previousEnd)))
    }

    private mutating func fromStatement() throws(SyntaxFailure) -> Statement {
        let start = current.range
        advance()
        let module = try dottedName()
        guard case .name("import") = current.kind else {
            throw unexpected("'import' is missing", "Write 'from MODULE import NAME'.")
        }
        advance()
        let isBracketed = take("(")
        if !take("*") {
            repeat {
                if isBracketed, isSymbol(")") { break }
                _ = try identifier()
                try alias()
            } while take(",")
        }
        if isBracketed { try expect(")", "to end the list of names") }
        return .imported(module: module, SourceRange(start: start.start, end: previousEnd))
    }

    private mutating func alias() throws(SyntaxFailure) {
        guard case .name("as") = current.kind else { return }
        advance()
        _ = try identifier()
    }

    private mutating func dottedName() throws(SyntaxFailure) -> String {
        var name = ""
        while take(".") { name += "." }
        name += try identifier()
        while take(".") { name += "." + (try identifier()) }
        return name
    }

    private mutating func identifier() throws(SyntaxFailure) -> String {
        guard case .name(let name) = current.kind else { throw unexpected("a name is missing", "Write a name here.") }
        advance()
        return name
    }

    private mutating func conditional() throws(SyntaxFailure) -> Statement {
        nesting += 1
        defer { nesting -= 1 }
        guard nesting <= TestbedLimits.nesting else { throw tooDeep(current.range) }
        var branches: [(condition: Expression, body: [Statement])] = []
        var otherwise: [Statement] = []
        advance()
        branches.append((try expression(), try block(of: "if")))
        while case .name("elif") = current.kind {
            advance()
            branches.append((try expression(), try block(of: "elif")))
        }
        if case .name("else") = current.kind {
            advance()
            otherwise = try block(of: "else")
        }
        return .conditional(branches, otherwise: otherwise)
    }

    private mutating func block(of word: String) throws(SyntaxFailure) -> [Statement] {
        try expect(":", "after '\(word)' and its condition")
        var body: [Statement] = []
        guard current.kind == .newline else {
            repeat {
                guard current.kind != .newline else { break }
                body.append(try simpleStatement())
            } while take(";")
            try endOfStatement()
            return body
        }
        advance()
        guard current.kind == .indent else {
            throw unexpected(
                "the block of '\(word)' is missing", "Indent the lines that belong to it, or write 'pass'.")
        }
        advance()
        while current.kind != .dedent, current.kind != .end {
            try statement(into: &body)
        }
        if current.kind == .dedent { advance() }
        return body
    }

    private mutating func endOfStatement() throws(SyntaxFailure) {
        switch current.kind {
        case .newline: advance()
        case .end: break
        case .symbol(":"):
            throw failure(
                current.range, "':' is not expected here: an entry of a dict stands outside of its braces",
                "Put the entry between { and }; perhaps the line that opens the dict is commented out.")
        case .symbol("@"):
            throw failure(
                current.range, "'@' is not expected here: a host string is not in quotes",
                "Put the whole host string in quotes: 'root@192.0.2.11'.")
        default:
            throw unexpected(
                "\(current.description) is not expected here",
                "Begin a new line for a new statement, or add the operator or comma that is missing.")
        }
    }

    private func target(_ expression: Expression) throws(SyntaxFailure) -> (
        target: AssignmentTarget, items: [Expression]
    ) {
        let refused = failure(
            expression.range, "only a variable, env.NAME or one of their items can be assigned here",
            "Write NAME = VALUE, env.NAME = VALUE or env.NAME['KEY'] = VALUE.")
        switch expression.form {
        case .name(let name):
            return (AssignmentTarget(name: name, attribute: nil, range: expression.range), [])
        case .postfix(let base, let trailers):
            guard case .name(let name) = base.form else { throw refused }
            var target = AssignmentTarget(name: name, attribute: nil, range: base.range)
            var items: [Expression] = []
            for (index, trailer) in trailers.enumerated() {
                switch trailer {
                case .attribute(let attribute, let range) where index == 0 && name == "env":
                    target.attribute = attribute
                    target.range = base.range.joined(with: range)
                case .item(let item, _): items.append(item)
                default: throw refused
                }
            }
            return (target, items)
        default: throw refused
        }
    }

    // MARK: Recovery

    /// Skips to the next line that begins a statement at indentation 0, and tells what the skipped lines would have
    /// assigned, so that nobody complains about its absence.
    private mutating func recover(from start: Int, _ failure: SyntaxFailure) -> [AssignmentTarget] {
        let source = lexer.source
        let firstLine = source.lineIndex(of: start)
        var line = max(firstLine + 1, source.lineIndex(of: failure.resumeAt ?? failure.range.start))
        while line < source.lineCount, !StatementLine.beginsStatement(source.line(line)) { line += 1 }
        let targets = (firstLine..<min(line, source.lineCount)).compactMap {
            StatementLine.target(source.line($0), at: source.lineStart($0))
        }
        nesting = 0
        lexer.restart(at: source.lineStart(line))
        current = lexer.next()
        return targets
    }

    // MARK: Tokens

    mutating func advance() {
        previousEnd = current.range.end
        current = lexer.next()
    }

    func isSymbol(_ symbol: String) -> Bool { current.kind == .symbol(symbol) }

    mutating func take(_ symbol: String) -> Bool {
        guard isSymbol(symbol) else { return false }
        advance()
        return true
    }

    mutating func expect(_ symbol: String, _ purpose: String) throws(SyntaxFailure) {
        guard isSymbol(symbol) else { throw unexpected("'\(symbol)' is missing \(purpose)", "Write '\(symbol)'.") }
        advance()
    }

    func failure(_ range: SourceRange, _ message: String, _ proposal: String) -> SyntaxFailure {
        SyntaxFailure(range: range, message: message, proposal: proposal)
    }

    func tooDeep(_ range: SourceRange) -> SyntaxFailure {
        SyntaxFailure(
            range: range, message: "the text is nested more than \(TestbedLimits.nesting) levels deep",
            proposal: "Split it into several variables.", isLimit: true)
    }

    /// The failure at the current token: the lexer's own, when the token is no token.
    func unexpected(_ message: String, _ proposal: String) -> SyntaxFailure {
        if case .invalid(let failure) = current.kind { return failure }
        return failure(current.range, message, proposal)
    }
}
