extension Evaluator {
    mutating func comparison(
        _ first: Expression, _ rest: [(symbol: String, operand: Expression)], at range: SourceRange
    ) -> PythonValue {
        var left = evaluate(first)
        for (symbol, operand) in rest {
            let right = evaluate(operand)
            spend(min(left.size, right.size))
            guard let order = PythonValue.compare(left, right) else { return PythonValue(.unknown, at: range) }
            let holds =
                switch symbol {
                case "==": order == 0
                case "!=", "<>": order != 0
                case "<": order < 0
                case ">": order > 0
                case "<=": order <= 0
                default: order >= 0
                }
            if !holds { return PythonValue(.boolean(false), at: range) }
            left = right
        }
        return PythonValue(.boolean(true), at: range)
    }

    /// `and` and `or`: the first operand whose truth is `deciding`, else the last.
    mutating func choose(_ operands: [Expression], until deciding: Bool, at range: SourceRange) -> PythonValue {
        var result = PythonValue(.none, at: range)
        for operand in operands {
            result = evaluate(operand)
            if result.isUnknown || result.isTrue == deciding { break }
        }
        result.range = range
        return result
    }

    mutating func fold(
        _ operands: [Expression], at range: SourceRange,
        _ combine: (inout Evaluator, PythonValue, PythonValue, SourceRange) -> PythonValue
    ) -> PythonValue {
        var result: PythonValue?
        for operand in operands {
            let value = evaluate(operand)
            guard let left = result else {
                result = value
                continue
            }
            result =
                left.isUnknown || value.isUnknown
                ? PythonValue(.unknown, at: range) : combine(&self, left, value, range)
        }
        return result ?? PythonValue(.unknown, at: range)
    }
}
