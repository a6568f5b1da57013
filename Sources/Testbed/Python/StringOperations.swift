extension Evaluator {
    /// `+` for strings and for lists.
    mutating func adding(_ left: PythonValue, _ right: PythonValue, at range: SourceRange) -> PythonValue {
        switch (left.kind, right.kind) {
        case (.string(let first), .string(let second)):
            return string(first + second, at: range)
        case (.list(let first), .list(let second)):
            spend(first.count + second.count)
            let value = PythonValue(.list(first + second), at: range)
            if value.isWithinLimits, !isExhausted { return value }
            limit(range)
            return PythonValue(.unknown, at: range)
        default:
            return impossible("+", left, right, "Join strings with strings; put numbers in quotes.", at: range)
        }
    }

    /// `%` with `%s`, `%d`, `%i` and `%%`, for a tuple or a single value.
    mutating func formatting(_ left: PythonValue, _ right: PythonValue, at range: SourceRange) -> PythonValue {
        guard case .string(let pattern) = left.kind else {
            return impossible("%", left, right, "Put a string with %s to the left of %.", at: range)
        }
        var arguments: ArraySlice<PythonValue> = [right]
        if case .tuple(let elements) = right.kind { arguments = elements[...] }
        if arguments.contains(where: \.isUnknown) { return PythonValue(.unknown, at: range) }
        var result = ""
        var rest = Substring(pattern)
        while let percent = rest.firstIndex(of: "%") {
            result += rest[..<percent]
            rest = rest[percent...].dropFirst()
            let width = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(width.count)
            guard let conversion = rest.popFirst(), width.count <= 2 else {
                return badFormat("the string ends in '%'", "Write %% for a percent sign.", at: range)
            }
            if conversion == "%" {
                result += "%"
                continue
            }
            guard let argument = arguments.popFirst() else {
                return badFormat("there are fewer values than %s places", "Give a value for every place.", at: range)
            }
            guard let text = Self.text(of: argument, conversion) else {
                return badFormat(
                    "'%\(conversion)' cannot show \(argument.kindDescription)", "Use %s with a string or a number.",
                    at: range)
            }
            let padding = String(
                repeating: width.hasPrefix("0") && conversion != "s" ? "0" : " ",
                count: max(0, (Int(width) ?? 0) - text.count))
            result += padding + text
            guard result.utf8.count <= TestbedLimits.stringBytes else { return string(result, at: range) }
        }
        guard arguments.isEmpty else {
            return badFormat("there are more values than %s places", "Remove the surplus value.", at: range)
        }
        return string(result + rest, at: range)
    }

    private static func text(of value: PythonValue, _ conversion: Character) -> String? {
        switch (value.kind, conversion) {
        case (.string(let text), "s"): text
        case (.integer(let number), "s"), (.integer(let number), "d"), (.integer(let number), "i"): String(number)
        case (.boolean(let value), "s"): value ? "True" : "False"
        case (.none, "s"): "None"
        default: nil
        }
    }

    private mutating func string(_ text: String, at range: SourceRange) -> PythonValue {
        spend(text.utf8.count / 64)
        guard text.utf8.count <= TestbedLimits.stringBytes, !isExhausted else {
            limit(range)
            return PythonValue(.unknown, at: range)
        }
        return PythonValue(.string(text), at: range)
    }

    private mutating func badFormat(_ message: String, _ proposal: String, at range: SourceRange) -> PythonValue {
        report(
            .badOperation, .error, at: range, subject: "a string", message, reason: "Python stops here.",
            proposal: proposal)
        return PythonValue(.unknown, at: range)
    }

    private mutating func impossible(
        _ symbol: String, _ left: PythonValue, _ right: PythonValue, _ proposal: String, at range: SourceRange
    ) -> PythonValue {
        report(
            .badOperation, .error, at: range, subject: "an expression",
            "'\(symbol)' cannot combine \(left.kindDescription) with \(right.kindDescription)",
            reason: "Python stops here.",
            proposal: proposal)
        return PythonValue(.unknown, at: range)
    }
}

/// What `~` at the beginning of a path stands for.
enum HomePath {
    /// Replaces a leading `~` or `~/`; other users' homes are not known and stay as they are.
    static func expand(_ path: String, home: String) -> String {
        guard path == "~" || path.hasPrefix("~/") else { return path }
        return home + path.dropFirst()
    }
}
