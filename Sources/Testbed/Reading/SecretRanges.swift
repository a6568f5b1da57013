/// Finds the secrets of a file, so that no finding shows them with its line.
enum SecretRanges {
    /// Whether a setting of this name holds a secret.
    static func isSecretName(_ name: String) -> Bool {
        let lower = name.lowercased()
        return ["passw", "token", "secret", "dbpass", "community", "cluster_uuid", "md5"].contains(
            where: lower.contains)
    }

    /// Where the strings of secrets stand.
    static func find(in module: PythonModule) -> [SourceRange] {
        var ranges: [SourceRange] = []
        for binding in module.variables.bindings + module.environment.bindings {
            collect(binding.value, isSecret: isSecretName(binding.name), into: &ranges)
        }
        return ranges
    }

    private static func collect(_ value: PythonValue, isSecret: Bool, into ranges: inout [SourceRange]) {
        switch value.kind {
        case .string where isSecret, .unknown where isSecret: ranges.append(value.origin)
        case .list(let elements), .tuple(let elements):
            for element in elements { collect(element, isSecret: isSecret, into: &ranges) }
        case .dict(let entries):
            for entry in entries {
                collect(
                    entry.value, isSecret: isSecret || isSecretName(entry.key.stringValue ?? ""), into: &ranges)
            }
        default: break
        }
    }

    /// Where literals of secrets stand in the statements, be they assigned in the end or not.
    static func find(in statements: [Statement]) -> [SourceRange] {
        var ranges: [SourceRange] = []
        for statement in statements {
            switch statement {
            case .assignment(let targets, let expression):
                let isSecret = targets.contains { target, items in
                    isSecretName(target.attribute ?? target.name) || items.contains(where: isSecretKey)
                }
                collect(expression, isSecret: isSecret, into: &ranges)
            case .conditional(let branches, let otherwise):
                ranges += branches.flatMap { find(in: $0.body) } + find(in: otherwise)
            default: break
            }
        }
        return ranges
    }

    private static func isSecretKey(_ expression: Expression) -> Bool {
        if case .string(let text) = expression.form { isSecretName(text) } else { false }
    }

    private static func collect(_ expression: Expression, isSecret: Bool, into ranges: inout [SourceRange]) {
        switch expression.form {
        case .string where isSecret: ranges.append(expression.range)
        case .dict(let entries):
            for (key, value) in entries {
                collect(value, isSecret: isSecret || isSecretKey(key), into: &ranges)
            }
        case .list(let parts), .tuple(let parts), .sum(let parts), .remainder(let parts), .and(let parts),
            .or(let parts):
            for part in parts { collect(part, isSecret: isSecret, into: &ranges) }
        case .postfix(_, let trailers):
            for trailer in trailers {
                guard case .call(let arguments, _) = trailer else { continue }
                // os.getenv('PASSWORD', 'default'): a name makes its default secret.
                let names = arguments.contains(where: isSecretKey)
                for argument in arguments.dropFirst() { collect(argument, isSecret: isSecret || names, into: &ranges) }
            }
        default: break
        }
    }

    /// What follows the first `:` or `=` on each line of text that could not be parsed and may hold secrets.
    static func find(inUnreadable range: SourceRange, of source: SourceText, targets: [AssignmentTarget])
        -> [SourceRange]
    {
        let isSecret = targets.contains { isSecretName($0.attribute ?? $0.name) }
        let lines =
            source.lineIndex(
                of: range.start)...max(
                source.lineIndex(of: range.start), source.lineIndex(of: max(range.start, range.end - 1)))
        return lines.compactMap { index in
            let line = source.line(index)
            guard isSecret || isSecretName(String(decoding: line, as: UTF8.self)),
                let mark = line.firstIndex(where: { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "=") })
            else { return nil }
            return SourceRange(start: mark + 1, end: line.endIndex)
        }
    }
}
