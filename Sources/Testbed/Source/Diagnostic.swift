/// How much a finding matters.
package enum Severity: String, Hashable, Sendable, CaseIterable, Comparable {
    /// The file cannot be used.
    case error
    /// The file can be used, and something is probably not what its author meant.
    case warning
    /// Something the author may like to know.
    case note

    /// Errors come first.
    package static func < (left: Severity, right: Severity) -> Bool { left.order < right.order }

    private var order: Int { Severity.allCases.firstIndex(of: self) ?? 0 }
}

/// One finding about a testbed file: where, what, why it matters, and what to write instead.
package struct Diagnostic: Hashable, Sendable {
    package var code: DiagnosticCode
    package var severity: Severity
    package var location: SourceLocation
    /// The setting, role, host or name it is about, as the file calls it: `env.ha['contrail_internal_vip']`.
    package var subject: String
    /// What is wrong.
    package var message: String
    /// Why it matters.
    package var reason: String
    /// What to write instead.
    package var proposal: String

    package init(
        code: DiagnosticCode, severity: Severity, location: SourceLocation, subject: String, message: String,
        reason: String, proposal: String
    ) {
        self.code = code
        self.severity = severity
        self.location = location
        self.subject = subject
        self.message = message
        self.reason = reason
        self.proposal = proposal
    }
}

extension Diagnostic {
    /// A finding about a file as a whole, placed at its first character.
    package static func aboutFile(
        _ code: DiagnosticCode, file: String, message: String, reason: String, proposal: String
    ) -> Diagnostic {
        Diagnostic(
            code: code, severity: .error,
            location: SourceLocation(file: file, line: 1, column: 1, endLine: 1, endColumn: 1), subject: file,
            message: message, reason: reason, proposal: proposal)
    }
}
