/// The smallest piece of a Python text.
struct Token: Sendable {
    enum Kind: Hashable, Sendable {
        case name(String)
        case integer(Int)
        case string(String)
        /// An operator, a bracket or another mark, as written.
        case symbol(String)
        /// The end of a logical line.
        case newline
        case indent
        case dedent
        case end
        /// What cannot be a token; the parser raises it when it gets there.
        case invalid(SyntaxFailure)
    }

    var kind: Kind
    var range: SourceRange

    /// The token in words, for error texts.
    var description: String {
        switch kind {
        case .name(let name): "'\(name)'"
        case .integer(let value): "the number \(value)"
        case .string: "a string"
        case .symbol(let symbol): "'\(symbol)'"
        case .newline: "the end of the line"
        case .indent: "a deeper indentation"
        case .dedent: "a shallower indentation"
        case .end: "the end of the file"
        case .invalid: "text that is not Python"
        }
    }
}

/// Why a text is not in the subset of Python that Skein reads.
struct SyntaxFailure: Error, Hashable, Sendable {
    var range: SourceRange
    var message: String
    var proposal: String
    /// A limit was exceeded, not the grammar.
    var isLimit = false
    /// Where the parser stood, when that is not the place to blame.
    var resumeAt: Int?
}

/// What a testbed file may at most be. The limits are far beyond every real file and keep a hostile one harmless.
package enum TestbedLimits {
    /// Bytes of the file.
    package static let sourceBytes = 1 << 20
    /// Levels of brackets and blocks in each other, and of lists and dicts in each other.
    package static let nesting = 32
    /// Bytes of one string.
    package static let stringBytes = 1 << 16
    /// Values in one list or dict, all levels counted.
    package static let valueSize = 100_000
    /// Values made or copied while the file is evaluated.
    package static let evaluationSteps = 2_000_000
    /// Hosts in all roles together.
    package static let hosts = 2_000
    /// Findings; what comes after is left out.
    package static let diagnostics = 1_000
}
