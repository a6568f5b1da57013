import Testbed
import Testing

@Suite("Every finding")
struct DiagnosticCodeTests {
    @Test("is made where it should be", arguments: DiagnosticCase.all)
    func provoked(_ item: DiagnosticCase) throws {
        #expect(!item.provoking.hasPrefix("NOT FOUND"))
        let reading = Sample.read(item.provoking)
        let matching = reading.diagnostics.filter { $0.code == item.code && $0.severity == item.severity }
        let diagnostic = try #require(matching.first, "\(reading.outline)")
        if let line = item.line { #expect(diagnostic.location.line == line) }
        #expect((reading.testbed == nil) == reading.diagnostics.contains { $0.severity == .error })
    }

    @Test("is not made where it should not be", arguments: DiagnosticCase.all)
    func notProvoked(_ item: DiagnosticCase) {
        let reading = Sample.read(item.near)
        #expect(!item.near.hasPrefix("NOT FOUND"))
        #expect(!reading.diagnostics.contains { $0.code == item.code && $0.severity == item.severity })
        // The near file is sound in everything else as well, so that nothing hides what is looked for.
        if item.code != .missingRoledefs {
            #expect(reading.testbed != nil, "\(reading.diagnostics.filter { $0.severity == .error })")
        }
    }

    @Test("has a case that provokes it")
    func complete() {
        // These are made outside of the text: see FileTests.
        let elsewhere: Set<DiagnosticCode> = [.unreadableFile, .notUTF8, .badOption]
        #expect(Set(DiagnosticCase.all.map(\.code)).union(elsewhere) == Set(DiagnosticCode.allCases))
    }

    @Test("says what, why and what to do, in whole sentences", arguments: DiagnosticCase.all)
    func texts(_ item: DiagnosticCase) {
        for diagnostic in Sample.read(item.provoking).diagnostics {
            #expect(!diagnostic.message.isEmpty && !diagnostic.message.hasSuffix("."))
            #expect(diagnostic.reason.hasSuffix("."), "\(diagnostic.reason)")
            #expect(diagnostic.proposal.hasSuffix(".") || diagnostic.proposal.hasSuffix("?"), "\(diagnostic.proposal)")
            #expect(!diagnostic.message.contains("Optional("))
            #expect(diagnostic.location.line >= 1 && diagnostic.location.column >= 1)
            #expect(
                (diagnostic.location.line, diagnostic.location.column)
                    <= (diagnostic.location.endLine, diagnostic.location.endColumn))
        }
    }

    @Test("has a stable kebab-case name")
    func names() {
        for code in DiagnosticCode.allCases {
            #expect(code.rawValue.allSatisfy { $0.isLowercase || $0 == "-" || $0 == "8" })
        }
    }
}
