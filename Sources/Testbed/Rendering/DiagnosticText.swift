/// Shows findings as compilers do: place and message, the line with a mark below it, the reason, the proposal.
package struct DiagnosticText {
    /// Whether terminal colours are used.
    package var usesColour: Bool

    package init(usesColour: Bool = false) {
        self.usesColour = usesColour
    }

    /// All findings of a reading and a line that counts them. Notes about what Skein does not use are folded into one
    /// paragraph, so that they do not bury the rest.
    package func render(_ reading: TestbedReader.Reading) -> String {
        let folded: Set<DiagnosticCode> = [.unusedKey, .unusedRole, .unusedVariable]
        var text = ""
        for diagnostic in reading.diagnostics where !folded.contains(diagnostic.code) && diagnostic.code != .notUsedYet
        {
            text += render(diagnostic, lines: reading.displayLines) + "\n"
        }
        let unused = reading.diagnostics.filter { folded.contains($0.code) }
        if !unused.isEmpty { text += renderUnused(unused, "not used by Skein; they can stay or go") + "\n" }
        let notYet = reading.diagnostics.filter { $0.code == .notUsedYet }
        if !notYet.isEmpty { text += renderUnused(notYet, "not used by Skein yet; they can stay") + "\n" }
        return text + summary(reading) + "\n"
    }

    /// One finding, ending in a line feed.
    package func render(_ diagnostic: Diagnostic, lines: [String]) -> String {
        let place = diagnostic.location
        var text = bold(
            diagnostic.hasLine ? "\(place.file):\(place.line):\(place.column): " : "\(place.file): ")
        text += coloured(diagnostic.severity.rawValue + ": ", diagnostic.severity)
        text += bold(Self.printable(diagnostic.message)) + " [\(diagnostic.code.rawValue)]\n"
        if diagnostic.hasLine, lines.indices.contains(place.line - 1), !lines[place.line - 1].isEmpty {
            text += excerpt(place, lines[place.line - 1], diagnostic.severity)
        }
        text += "  why: \(Self.printable(diagnostic.reason))\n"
        text += "  do:  \(Self.printable(diagnostic.proposal))\n"
        return text
    }

    /// The line and a mark below it. Long lines are cut around the mark.
    private func excerpt(_ place: SourceLocation, _ line: String, _ severity: Severity) -> String {
        let scalars = Array(line.unicodeScalars)
        let start = min(max(0, place.column - 1), scalars.count)
        let last = place.endLine == place.line ? place.endColumn - 1 : scalars.count
        let end = min(max(last, start + 1), max(scalars.count, start + 1))
        let from = start > 80 ? start - 40 : 0
        let to = min(scalars.count, max(from + 110, min(end, start + 80)))
        var shown = String.UnicodeScalarView()
        for scalar in scalars[from..<to] { shown.append(Self.printable(scalar)) }
        // Tabs stay, so that the mark stands below its character however wide the terminal shows them.
        let padding = scalars[from..<start].map { $0 == "\t" ? "\t" : " " }.joined()
        let width = max(1, min(end, to) - start)
        let mark = "^" + String(repeating: "~", count: width - 1)
        let number = "\(place.line)"
        let margin = String(repeating: " ", count: max(0, 5 - number.count))
        return "\(margin)\(number) | \(from > 0 ? "…" : "")\(String(shown))\(to < scalars.count ? "…" : "")\n"
            + "      | \(from > 0 ? " " : "")\(padding)\(coloured(mark, severity))\n"
    }

    /// Control characters would act on the terminal.
    private static func printable(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        scalar == "\t" || (scalar.value >= 0x20 && !(0x7f...0x9f).contains(scalar.value)) ? scalar : "\u{fffd}"
    }

    private static func printable(_ text: String) -> String {
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { shown.append(printable(scalar)) }
        return String(shown)
    }

    private func renderUnused(_ unused: [Diagnostic], _ title: String) -> String {
        let file = unused.first?.location.file ?? ""
        var text = bold("\(file): ") + coloured("note: ", .note)
        text += bold("\(Count.of(unused.count, "setting")) \(title)") + "\n"
        var reasons: [String] = []
        for diagnostic in unused where !reasons.contains(diagnostic.reason) { reasons.append(diagnostic.reason) }
        for reason in reasons {
            let names = unused.filter { $0.reason == reason }.map {
                "\(Self.printable($0.subject)) (line \($0.location.line))"
            }
            text += Self.wrapped(names.joined(separator: ", ") + ": " + reason)
        }
        return text
    }

    /// Breaks a paragraph at about 110 columns, indented.
    private static func wrapped(_ paragraph: String) -> String {
        var text = ""
        var line = "  "
        for word in paragraph.split(separator: " ") {
            if line.count + word.count > 110 {
                text += line + "\n"
                line = "     "
            }
            line += (line.hasSuffix(" ") ? "" : " ") + word
        }
        return text + line + "\n"
    }

    /// `2 errors (lines 3, 9), 1 warning: the file cannot be used until the errors are corrected`.
    package func summary(_ reading: TestbedReader.Reading) -> String {
        let counts = Severity.allCases.compactMap { severity -> String? in
            let count = reading.count(severity)
            let text = Count.of(count, severity.rawValue)
            return count == 0 ? nil : severity == .error ? text + errorLines(reading) : text
        }
        let list = counts.isEmpty ? "no findings" : counts.joined(separator: ", ")
        let isUsable = reading.testbed != nil
        return bold(
            list + (isUsable ? ": the file can be used" : ": the file cannot be used until the errors are corrected"))
    }

    /// Where the errors are: in a long report they stand far above.
    private func errorLines(_ reading: TestbedReader.Reading) -> String {
        var lines: [Int] = []
        for diagnostic in reading.diagnostics where diagnostic.severity == .error && diagnostic.hasLine {
            if lines.last != diagnostic.location.line { lines.append(diagnostic.location.line) }
        }
        guard !lines.isEmpty else { return "" }
        let list = lines.prefix(10).map(String.init).joined(separator: ", ") + (lines.count > 10 ? ", ..." : "")
        return " (\(lines.count == 1 ? "line" : "lines") \(list))"
    }

    private func bold(_ text: String) -> String { usesColour ? "\u{1b}[1m\(text)\u{1b}[0m" : text }

    private func coloured(_ text: String, _ severity: Severity) -> String {
        guard usesColour else { return text }
        let code =
            switch severity {
            case .error: "31"
            case .warning: "33"
            case .note: "36"
            }
        return "\u{1b}[1;\(code)m\(text)\u{1b}[0m"
    }
}

extension Diagnostic {
    /// What is about the file itself, or about an option, has no line.
    fileprivate var hasLine: Bool { code != .unreadableFile && code != .badOption }
}
