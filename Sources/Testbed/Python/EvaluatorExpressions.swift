extension Evaluator {
    mutating func evaluate(_ expression: Expression) -> PythonValue {
        let range = expression.range
        let unknown = PythonValue(.unknown, at: range)
        spend(1)
        guard !isExhausted else {
            limit(range)
            return unknown
        }
        switch expression.form {
        case .none: return PythonValue(.none, at: range)
        case .boolean(let value): return PythonValue(.boolean(value), at: range)
        case .integer(let value): return PythonValue(.integer(value), at: range)
        case .string(let value): return PythonValue(.string(value), at: range)
        case .name(let name): return look(up: name, at: range)
        case .list(let elements): return checked(.list(elements.map { evaluate($0) }), at: range)
        case .tuple(let elements): return checked(.tuple(elements.map { evaluate($0) }), at: range)
        case .dict(let entries): return dict(entries, at: range)
        case .postfix(let base, let trailers): return postfix(base, trailers, at: range)
        case .negative(let operand):
            guard case .integer(let value) = evaluate(operand).kind else { return unknown }
            return PythonValue(.integer(0 &- value), at: range)
        case .not(let operand, let count):
            let value = evaluate(operand)
            return value.isUnknown ? unknown : PythonValue(.boolean(value.isTrue == (count % 2 == 0)), at: range)
        case .sum(let operands): return fold(operands, at: range) { $0.adding($1, $2, at: $3) }
        case .remainder(let operands): return fold(operands, at: range) { $0.formatting($1, $2, at: $3) }
        case .comparison(let first, let rest): return comparison(first, rest, at: range)
        case .and(let operands): return choose(operands, until: false, at: range)
        case .or(let operands): return choose(operands, until: true, at: range)
        }
    }

    private mutating func look(up name: String, at range: SourceRange) -> PythonValue {
        guard var value = use(name) else {
            guard name != "env", name != "os" else {
                report(
                    .syntax, .error, at: range, subject: name, "'\(name)' itself is not a value that Skein reads",
                    reason: "Only its attributes have a meaning.", proposal: "Write the setting that is meant.")
                return PythonValue(.unknown, at: range)
            }
            return undefined(name, at: range)
        }
        value.range = range
        return value
    }

    private mutating func checked(_ kind: PythonValue.Kind, at range: SourceRange) -> PythonValue {
        var identity: Int?
        if case .dict = kind { identity = newIdentity() }
        let value = PythonValue(kind, at: range, identity: identity)
        spend(value.size)
        guard value.isWithinLimits else {
            limit(range)
            return PythonValue(.unknown, at: range)
        }
        return value
    }

    private mutating func dict(
        _ expressions: [(key: Expression, value: Expression)], at range: SourceRange
    ) -> PythonValue {
        var entries: [PythonValue.Entry] = []
        var places: [DictKey: Int] = [:]
        for (keyExpression, valueExpression) in expressions {
            let key = evaluate(keyExpression)
            let value = evaluate(valueExpression)
            guard !key.isUnknown else { continue }
            guard let dictKey = DictKey(key) else {
                report(
                    .badOperation, .error, at: key.range, subject: "a key", "\(key.kindDescription) cannot be a key",
                    reason: "Python refuses it.", proposal: "Use a string or a host variable as the key.")
                continue
            }
            if let index = places[dictKey] {
                noteDuplicate(key, entries[index], value)
                entries[index] = .init(key: key, value: value)
            } else {
                places[dictKey] = entries.count
                entries.append(.init(key: key, value: value))
            }
        }
        return checked(.dict(entries), at: range)
    }

    /// What two keys must share to be one.
    private enum DictKey: Hashable {
        case none
        case number(Int)
        case string(String)

        init?(_ value: PythonValue) {
            switch value.kind {
            case .none: self = .none
            case .boolean(let value): self = .number(value ? 1 : 0)
            case .integer(let value): self = .number(value)
            case .string(let value): self = .string(value)
            default: return nil
            }
        }
    }

    private mutating func noteDuplicate(_ key: PythonValue, _ earlier: PythonValue.Entry, _ value: PythonValue) {
        let line = source.location(of: earlier.key.range).line
        let name = key.stringValue.map { "'\($0)'" } ?? key.description
        let isSame = PythonValue.compare(earlier.value, value) == 0
        report(
            .duplicateKey, isSame ? .note : .warning, at: key.range, subject: name,
            "the key \(name) is in this dict twice" + (isSame ? ", with the same value" : ""),
            reason: "The last entry counts, as in Python; the one of line \(line) "
                + (isSame ? "changes nothing." : "is lost."), proposal: "Keep one of the two entries.")
    }

    // MARK: Attributes, items, calls

    private mutating func postfix(
        _ base: Expression, _ trailers: [Expression.Trailer], at range: SourceRange
    ) -> PythonValue {
        var rest = trailers[...]
        var value: PythonValue
        if case .name(let name) = base.form, module.variable(name) == nil, name == "env" || name == "os" {
            guard case .attribute(let attribute, let attributeRange)? = rest.popFirst() else {
                return refused("'\(name)' cannot be used like this", at: range)
            }
            if name == "os" { return system(attribute, rest, at: range) }
            guard let found = module.attribute(attribute)?.value else {
                return undefined("env.\(attribute)", at: base.range.joined(with: attributeRange))
            }
            value = found
            value.range = base.range.joined(with: attributeRange)
        } else {
            value = evaluate(base)
        }
        for trailer in rest {
            guard !value.isUnknown else { return PythonValue(.unknown, at: range) }
            switch trailer {
            case .item(let expression, _):
                guard let found = item(of: value, evaluate(expression)) else { return PythonValue(.unknown, at: range) }
                value = found
            case .attribute(let name, let place):
                return refused("the attribute or method '\(name)' of \(value.kindDescription) is not read", at: place)
            case .call:
                return refused(
                    "this call is not made; Skein knows os.getenv, os.environ.get, os.path.expanduser", at: range)
            }
        }
        value.range = range
        return value
    }

    /// The item of a list, tuple or dict; nil, reported, when there is none.
    mutating func item(of container: PythonValue, _ key: PythonValue) -> PythonValue? {
        if container.isUnknown || key.isUnknown { return nil }
        spend(container.size)
        switch (container.kind, key.kind) {
        case (.dict(let entries), _):
            if let entry = entries.first(where: { PythonValue.compare($0.key, key) == 0 }) { return entry.value }
            let names = entries.compactMap(\.key.stringValue)
            let similar = key.stringValue.flatMap { Spelling.closest(to: $0, among: names) }
            report(
                .badOperation, .error, at: key.range, subject: "an item",
                "the dict has no key \(key.stringValue.map { "'\($0)'" } ?? key.description)",
                reason: "Python stops here.",
                proposal: similar.map { "Did you mean '\($0)'?" } ?? "Use a key that the dict has.")
            return nil
        case (.list(let elements), .integer(let index)), (.tuple(let elements), .integer(let index)):
            let position = index < 0 ? elements.count + max(index, -elements.count - 1) : index
            if elements.indices.contains(position) { return elements[position] }
            report(
                .badOperation, .error, at: key.range, subject: "an item",
                "there is no element \(index) in a list of \(elements.count)", reason: "Python stops here.",
                proposal: "Elements are counted from 0.")
            return nil
        default:
            report(
                .badOperation, .error, at: key.range, subject: "an item",
                "\(container.kindDescription) has no such item", reason: "Python stops here.",
                proposal: "Use a list with a number, or a dict with one of its keys.")
            return nil
        }
    }

    /// The three look-ups of module `os`.
    private mutating func system(
        _ name: String, _ trailers: ArraySlice<Expression.Trailer>, at range: SourceRange
    ) -> PythonValue {
        var rest = trailers
        let second = rest.popFirst()
        switch (name, second) {
        case ("getenv", .call(let arguments, _)) where rest.isEmpty: return processVariable(arguments, at: range)
        case ("environ", .item(let expression, _)) where rest.isEmpty:
            return processVariable([expression], isRequired: true, at: range)
        case ("environ", .attribute("get", _)):
            if case .call(let arguments, _)? = rest.popFirst(), rest.isEmpty {
                return processVariable(arguments, at: range)
            }
        case ("path", .attribute("expanduser", _)):
            if case .call(let arguments, _)? = rest.popFirst(), rest.isEmpty, arguments.count == 1 {
                return expandedPath(evaluate(arguments[0]), at: range)
            }
        default: break
        }
        return refused(
            "this use of 'os' is not read; Skein knows os.getenv, os.environ.get, os.path.expanduser", at: range)
    }

    private mutating func processVariable(
        _ arguments: [Expression], isRequired: Bool = false, at range: SourceRange
    ) -> PythonValue {
        guard (1...2).contains(arguments.count) else {
            return refused("os.getenv takes a name and, if wanted, a default", at: range)
        }
        let name = evaluate(arguments[0])
        let fallback = arguments.count == 2 ? evaluate(arguments[1]) : PythonValue(.none, at: range)
        guard let text = name.stringValue else { return PythonValue(.unknown, at: range) }
        if let value = processEnvironment[text] { return PythonValue(.string(value), at: range) }
        if isRequired {
            report(
                .environmentUnset, .error, at: range, subject: text,
                "the environment variable \(text) is needed and was not given",
                reason: "Skein never looks at its own environment, so that a file means the same everywhere.",
                proposal: "Run with --env \(text)=VALUE.")
            return PythonValue(.unknown, at: range)
        }
        if isFirstMiss(of: text) {
            let isSecret = SecretRanges.isSecretName(text) && fallback.stringValue != nil
            report(
                .environmentUnset, .note, at: range, subject: text,
                "the environment variable \(text) was not given; the file goes on with "
                    + (isSecret ? "its default" : fallback.description),
                reason: "Skein never looks at its own environment, so that a file means the same everywhere.",
                proposal: "Run with --env \(text)=VALUE if the file needs it.")
        }
        var result = fallback
        result.range = range
        return result
    }

    private mutating func expandedPath(_ path: PythonValue, at range: SourceRange) -> PythonValue {
        guard let text = path.stringValue else { return PythonValue(.unknown, at: range) }
        return PythonValue(.string(HomePath.expand(text, home: homeDirectory)), at: range)
    }

    mutating func refused(_ message: String, at range: SourceRange) -> PythonValue {
        report(
            .syntax, .error, at: range, subject: "an expression", message,
            reason: "Skein reads the file without running it, so only plain values have a meaning.",
            proposal: "Write the resulting value.")
        return PythonValue(.unknown, at: range)
    }
}
