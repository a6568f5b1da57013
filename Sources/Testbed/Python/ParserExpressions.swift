extension Parser {
    /// One expression, or several with commas between them: a tuple without parentheses.
    mutating func expressionList() throws(SyntaxFailure) -> Expression {
        let first = try expression()
        guard isSymbol(",") else { return first }
        var elements = [first]
        while take(",") {
            guard startsExpression else { break }
            elements.append(try expression())
        }
        return Expression(form: .tuple(elements), range: range(from: first.range.start))
    }

    mutating func expression() throws(SyntaxFailure) -> Expression {
        let start = current.range.start
        let first = try conjunction()
        if case .name("if") = current.kind {
            throw failure(
                current.range, "a condition inside an expression ('A if B else C') is not read",
                "Write an 'if' statement that assigns the value in both branches.")
        }
        guard case .name("or") = current.kind else { return first }
        var operands = [first]
        while case .name("or") = current.kind {
            advance()
            operands.append(try conjunction())
        }
        return Expression(form: .or(operands), range: range(from: start))
    }

    private mutating func conjunction() throws(SyntaxFailure) -> Expression {
        let start = current.range.start
        let first = try negation()
        guard case .name("and") = current.kind else { return first }
        var operands = [first]
        while case .name("and") = current.kind {
            advance()
            operands.append(try negation())
        }
        return Expression(form: .and(operands), range: range(from: start))
    }

    private mutating func negation() throws(SyntaxFailure) -> Expression {
        let start = current.range.start
        var count = 0
        while case .name("not") = current.kind {
            advance()
            count += 1
        }
        let operand = try comparison()
        return count == 0 ? operand : Expression(form: .not(operand, count: count), range: range(from: start))
    }

    private mutating func comparison() throws(SyntaxFailure) -> Expression {
        let start = current.range.start
        let first = try sum()
        var rest: [(symbol: String, operand: Expression)] = []
        while true {
            switch current.kind {
            case .symbol(let symbol) where ["==", "!=", "<>", "<", ">", "<=", ">="].contains(symbol):
                advance()
                rest.append((symbol, try sum()))
            case .name("in"), .name("is"):
                throw failure(
                    current.range, "\(current.description) is not among the comparisons that Skein reads",
                    "Compare with == or !=.")
            default:
                return rest.isEmpty
                    ? first : Expression(form: .comparison(first, rest), range: range(from: start))
            }
        }
    }

    private mutating func sum() throws(SyntaxFailure) -> Expression {
        let start = current.range.start
        var operands = [try remainder()]
        while take("+") { operands.append(try remainder()) }
        if case .symbol(let symbol) = current.kind,
            ["-", "*", "/", "//", "**", "|", "&", "^", "<<", ">>"].contains(symbol)
        {
            throw failure(
                current.range, "the operator '\(symbol)' is not read; only + and % are",
                "Write the result of the calculation.")
        }
        return operands.count == 1 ? operands[0] : Expression(form: .sum(operands), range: range(from: start))
    }

    private mutating func remainder() throws(SyntaxFailure) -> Expression {
        let start = current.range.start
        var operands = [try factor()]
        while take("%") { operands.append(try factor()) }
        return operands.count == 1 ? operands[0] : Expression(form: .remainder(operands), range: range(from: start))
    }

    private mutating func factor() throws(SyntaxFailure) -> Expression {
        let start = current.range.start
        if take("-") {
            guard case .integer = current.kind else {
                throw unexpected("a number is missing after '-'", "Write a number.")
            }
            return Expression(form: .negative(try postfix()), range: range(from: start))
        }
        return try postfix()
    }

    private mutating func postfix() throws(SyntaxFailure) -> Expression {
        let base = try atom()
        var trailers: [Expression.Trailer] = []
        while true {
            if take(".") {
                guard case .name(let name) = current.kind else {
                    throw unexpected("a name is missing after '.'", "Write the name, as in env.roledefs.")
                }
                trailers.append(.attribute(name, current.range))
                advance()
            } else if isSymbol("[") {
                let start = current.range.start
                try descend()
                let item = try expression()
                try closing("]", "the subscript")
                trailers.append(.item(item, range(from: start)))
            } else if isSymbol("(") {
                let start = current.range.start
                try descend()
                trailers.append(.call(try elements(until: ")", of: "the call"), range(from: start)))
            } else {
                return trailers.isEmpty
                    ? base : Expression(form: .postfix(base, trailers), range: range(from: base.range.start))
            }
        }
    }

    private mutating func atom() throws(SyntaxFailure) -> Expression {
        let token = current
        switch token.kind {
        case .integer(let value):
            advance()
            return Expression(form: .integer(value), range: token.range)
        case .string: return try strings()
        case .name("None"):
            advance()
            return Expression(form: .none, range: token.range)
        case .name("True"), .name("False"):
            advance()
            return Expression(form: .boolean(token.kind == .name("True")), range: token.range)
        case .name(let name):
            if let refusal = RefusedWord.explanation(name) {
                throw failure(token.range, "'\(name)' \(refusal.reason)", refusal.proposal)
            }
            guard !["if", "elif", "else", "and", "or", "import", "from", "in", "is", "as", "pass"].contains(name) else {
                throw failure(token.range, "a value is missing before '\(name)'", "Write the value.")
            }
            advance()
            return Expression(form: .name(name), range: token.range)
        case .symbol("("): return try parenthesis()
        case .symbol("["):
            try descend()
            return Expression(
                form: .list(try elements(until: "]", of: "the list")), range: range(from: token.range.start))
        case .symbol("{"): return try dict()
        case .newline, .end:
            // What is missing at the end of the file is the bracket, whatever stands before it.
            if token.kind == .end { try refuseUnclosed(from: token.range.start) }
            throw missingValue(token)
        default:
            throw unexpected(
                "\(token.description) is not expected here; a value is missing",
                "Write the value, in quotes if it is text.")
        }
    }

    private mutating func strings() throws(SyntaxFailure) -> Expression {
        let start = current.range.start
        var text = ""
        while case .string(let part) = current.kind {
            text += part
            guard text.utf8.count <= TestbedLimits.stringBytes else {
                throw SyntaxFailure(
                    range: current.range, message: "a string is longer than \(TestbedLimits.stringBytes) bytes",
                    proposal: "Shorten it; no setting needs that much.", isLimit: true)
            }
            advance()
        }
        return Expression(form: .string(text), range: range(from: start))
    }

    private func missingValue(_ token: Token) -> SyntaxFailure {
        failure(
            SourceRange(start: previousEnd, end: previousEnd), "a value is missing before \(token.description)",
            "Write the value on this line, or an empty string '' if there is none.")
    }

    private var startsExpression: Bool {
        switch current.kind {
        case .newline, .end, .symbol("="), .symbol(";"): false
        default: true
        }
    }
}
