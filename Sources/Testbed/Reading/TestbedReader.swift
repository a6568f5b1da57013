/// Reads testbed files as Contrail's operators write them. Nothing of a file is ever executed.
package struct TestbedReader {
    /// What a file means.
    package struct Reading: Sendable {
        /// Nil when there is an error.
        package var testbed: Testbed?
        /// In the order of the file.
        package var diagnostics: [Diagnostic]
        /// The lines of the file with every secret replaced by stars, for showing where a finding is.
        package var displayLines: [String]

        package init(testbed: Testbed?, diagnostics: [Diagnostic], displayLines: [String] = []) {
            self.testbed = testbed
            self.diagnostics = diagnostics
            self.displayLines = displayLines
        }

        /// How many findings have a severity.
        package func count(_ severity: Severity) -> Int { diagnostics.count { $0.severity == severity } }
    }

    /// Reads a file's text.
    ///
    /// - Parameters:
    ///   - source: the text, at most ``TestbedLimits/sourceBytes`` long.
    ///   - fileName: how findings call the file.
    ///   - environment: what `os.getenv` and `os.environ.get` see; the process' own environment is never looked at.
    ///   - homeDirectory: what `~` stands for.
    package static func read(
        source text: String, fileName: String, environment: [String: String], homeDirectory: String
    ) -> Reading {
        guard text.utf8.count <= TestbedLimits.sourceBytes else {
            return Reading(testbed: nil, diagnostics: [tooLarge(fileName)])
        }
        let source = SourceText(text, fileName: fileName)
        let (statements, failures) = Parser.parse(source)
        var evaluator = Evaluator(source: source, processEnvironment: environment, homeDirectory: homeDirectory)
        var findings = Findings()
        for failure in failures {
            findings.report(
                failure.isLimit ? .limitExceeded : .syntax, .error, at: source.location(of: failure.range),
                subject: fileName, failure.message,
                reason: failure.isLimit
                    ? "The limit keeps reading quick and safe; no real file comes near it."
                    : "Skein reads the assignments of this file without running it, so it must understand every line.",
                proposal: failure.proposal)
        }
        evaluator.run(statements)
        findings.append(contentsOf: evaluator.findings)
        var interpreter = Interpreter(
            source: source, module: evaluator.module, homeDirectory: homeDirectory, findings: findings)
        interpreter.isWhole = failures.isEmpty
        let testbed = interpreter.testbed()
        var secrets = SecretRanges.find(in: evaluator.module) + SecretRanges.find(in: statements)
        for statement in statements {
            guard case .unreadable(let targets, let range) = statement else { continue }
            secrets += SecretRanges.find(inUnreadable: range, of: source, targets: targets)
        }
        return Reading(
            testbed: testbed, diagnostics: interpreter.findings.sorted, displayLines: source.lines(hiding: secrets))
    }

    /// Reads a file's bytes, which must be UTF-8.
    package static func read(
        bytes: [UInt8], fileName: String, environment: [String: String], homeDirectory: String
    ) -> Reading {
        guard bytes.count <= TestbedLimits.sourceBytes else {
            return Reading(testbed: nil, diagnostics: [tooLarge(fileName)])
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            return Reading(testbed: nil, diagnostics: [notUTF8(bytes, fileName)])
        }
        return read(source: text, fileName: fileName, environment: environment, homeDirectory: homeDirectory)
    }

    private static func tooLarge(_ fileName: String) -> Diagnostic {
        .aboutFile(
            .limitExceeded, file: fileName, message: "the file is larger than \(TestbedLimits.sourceBytes / 1024) KiB",
            reason: "The limit keeps reading quick and safe; no real file comes near it.",
            proposal: "Check whether this is the right file.")
    }

    private static func notUTF8(_ bytes: [UInt8], _ fileName: String) -> Diagnostic {
        // The longest readable beginning tells where the trouble starts.
        var valid = 0
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        decoding: while true {
            switch decoder.decode(&iterator) {
            case .scalarValue(let scalar): valid += UTF8.width(scalar)
            case .emptyInput, .error: break decoding
            }
        }
        let place = SourceText(String(decoding: bytes[..<valid], as: UTF8.self), fileName: fileName)
            .location(of: SourceRange(start: valid, end: valid))
        return Diagnostic(
            code: .notUTF8, severity: .error, location: place, subject: fileName,
            message: "the file is not UTF-8 from here on",
            reason: "Skein cannot tell which characters are meant, so names and passwords could be read wrongly.",
            proposal: "Save it as UTF-8; if it is in Latin-1: iconv -f latin1 -t utf-8 \(fileName).")
    }
}

extension SourceText {
    /// All lines, with a star for every character within the given ranges but quotes and blanks.
    func lines(hiding ranges: [SourceRange]) -> [String] {
        // Quotes and blanks stay, so that the shape of the line does.
        let stays = { (byte: UInt8) in byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") || byte <= 0x20 }
        var hidden = Set<Int>()
        for range in ranges {
            for offset in max(0, range.start)..<max(0, min(range.end, bytes.count)) where !stays(bytes[offset]) {
                hidden.insert(offset)
            }
        }
        return (0..<lineCount).map { index in
            var shown: [UInt8] = []
            let line = line(index)
            for offset in line.indices {
                if !hidden.contains(offset) {
                    shown.append(line[offset])
                } else if line[offset] & 0xc0 != 0x80 {
                    shown.append(UInt8(ascii: "*"))
                }
            }
            return String(decoding: shown, as: UTF8.self)
        }
    }
}
