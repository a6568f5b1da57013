/// The diagnostics of one reading, without repetitions and within a limit.
struct Findings: Sendable {
    private(set) var diagnostics: [Diagnostic] = []
    private var seen: Set<Diagnostic> = []

    private(set) var hasError = false

    /// Whether no more findings are taken, an error to decide by aside.
    var isFull: Bool { diagnostics.count >= TestbedLimits.diagnostics }

    func contains(_ code: DiagnosticCode) -> Bool { diagnostics.contains { $0.code == code } }

    mutating func report(
        _ code: DiagnosticCode, _ severity: Severity, at location: SourceLocation, subject: String, _ message: String,
        reason: String, proposal: String
    ) {
        append(
            Diagnostic(
                code: code, severity: severity, location: location, subject: subject, message: message, reason: reason,
                proposal: proposal))
    }

    mutating func append(_ diagnostic: Diagnostic) {
        // An error is never dropped: it decides whether the file can be used.
        guard !isFull || (diagnostic.severity == .error && !hasError) else { return }
        if seen.insert(diagnostic).inserted { diagnostics.append(diagnostic) }
        if diagnostic.severity == .error { hasError = true }
    }

    mutating func append(contentsOf other: Findings) {
        for diagnostic in other.diagnostics { append(diagnostic) }
    }

    /// In the order of the file; at one place, errors first.
    var sorted: [Diagnostic] {
        diagnostics.enumerated().sorted { left, right in
            let (first, second) = (left.element, right.element)
            let places = (
                (first.location.line, first.location.column, first.severity),
                (second.location.line, second.location.column, second.severity)
            )
            return places.0 == places.1 ? left.offset < right.offset : places.0 < places.1
        }.map(\.element)
    }
}
