/// An expression of the subset. Chains (`a + b + c`, `x[1][2]`) are flat, so that the depth of the tree is bounded by the
/// nesting of brackets in the text.
struct Expression: Sendable {
    indirect enum Form: Sendable {
        case none
        case boolean(Bool)
        case integer(Int)
        case string(String)
        case name(String)
        case list([Expression])
        case tuple([Expression])
        case dict([(key: Expression, value: Expression)])
        /// An expression with attributes, subscripts and calls after it.
        case postfix(Expression, [Trailer])
        case negative(Expression)
        /// `not`, as often as it is written.
        case not(Expression, count: Int)
        /// The first operand, then operators `+` (or `%`, never mixed in one chain) with their operands.
        case sum([Expression])
        case remainder([Expression])
        case comparison(Expression, [(symbol: String, operand: Expression)])
        case and([Expression])
        case or([Expression])
    }

    /// What stands behind an expression.
    enum Trailer: Sendable {
        case attribute(String, SourceRange)
        case item(Expression, SourceRange)
        case call([Expression], SourceRange)
    }

    var form: Form
    var range: SourceRange
}

/// What can stand left of `=`.
struct AssignmentTarget: Hashable, Sendable {
    /// `env` or a variable.
    var name: String
    /// The `x` of `env.x`.
    var attribute: String?
    var range: SourceRange

    /// As the file writes it.
    var text: String { attribute.map { "\(name).\($0)" } ?? name }
}

/// A statement of the subset.
indirect enum Statement: Sendable {
    /// `import os`, `from fabric.api import env`: the dotted name of the module.
    case imported(module: String, SourceRange)
    /// One value for one or more targets; a target may have one subscript (`env.ha['x'] = 1`).
    case assignment([(target: AssignmentTarget, items: [Expression])], Expression)
    /// Each condition with its statements, and the statements of `else`.
    case conditional([(condition: Expression, body: [Statement])], otherwise: [Statement])
    /// An expression whose value nobody takes; it is not evaluated.
    case ignored
    /// A call whose result nobody takes, so that it was meant to change something; it is not made.
    case call(SourceRange)
    /// What could not be parsed, what it would have assigned, and where it stands.
    case unreadable([AssignmentTarget], SourceRange)

    /// Every target that the statement may assign.
    var targets: [AssignmentTarget] {
        switch self {
        case .imported, .ignored, .call: []
        case .assignment(let assignments, _): assignments.map(\.target)
        case .conditional(let branches, let otherwise):
            branches.flatMap { $0.body.flatMap(\.targets) } + otherwise.flatMap(\.targets)
        case .unreadable(let targets, _): targets
        }
    }
}
