import Drill
import Foundation
import JSON
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

@Suite struct ReportTests {
    private let report = ExampleReport.report

    @Test func theEndingOfAFileDecides() {
        #expect(ReportFormat(path: "drill.json") == .json)
        #expect(ReportFormat(path: "/tmp/a.b/drill.xml") == .junit)
        #expect(ReportFormat(path: "drill.html") == .html)
        #expect(ReportFormat(path: "drill.txt") == .text)
        #expect(ReportFormat(path: "/tmp/a.html/drill") == nil)
        #expect(ReportFormat(path: "html") == nil)
    }

    @Test func junitHasASuiteForEachFamilyAndSaysWhatWasViolated() throws {
        let document = try XMLDocument(xmlString: report.rendered(as: .junit))
        let root = try #require(document.rootElement())
        #expect(root.name == "testsuites")
        #expect(root.attribute(forName: "tests")?.stringValue == "3")
        #expect(root.attribute(forName: "failures")?.stringValue == "1")
        #expect(root.attribute(forName: "errors")?.stringValue == "1")
        let suites = root.elements(forName: "testsuite")
        #expect(suites.map { $0.attribute(forName: "name")?.stringValue } == ["node", "link", "engine"])
        #expect(suites.allSatisfy { $0.attribute(forName: "timestamp")?.stringValue == "2026-11-22T17:00:00" })

        let cases = suites.flatMap { $0.elements(forName: "testcase") }
        #expect(
            cases.map { $0.attribute(forName: "name")?.stringValue } == ["power-off", "cut-control", "kill-haproxy"])
        let failure = try #require(cases[0].elements(forName: "failure").first)
        #expect(failure.stringValue?.contains("\n1 acknowledged objects lost") == true)
        #expect(failure.attribute(forName: "message")?.stringValue?.hasPrefix("outage 4.") == true)
        let figures = try #require(cases[0].elements(forName: "system-out").first?.stringValue)
        #expect(figures.contains("powered off on controller1"))
        #expect(figures.contains("Failed with deadline exceeded <after> 5 s & more: "))
        let seconds = try #require(cases[2].attribute(forName: "time")?.stringValue)
        #expect(Double(seconds).map { (7.9...8.1).contains($0) } == true)
        #expect(cases[2].elements(forName: "failure").isEmpty)
    }

    /// What a scenario could not do, with characters that XML has no room for, comes back as it was but for these.
    @Test func junitEscapesWhatItIsGiven() throws {
        let document = try XMLDocument(xmlString: report.rendered(as: .junit))
        let error = try #require(document.nodes(forXPath: "//testcase[@name='cut-control']/error").first as? XMLElement)
        let expected = "the link 'control' of \"controller2\" <cannot> be cut & healed\u{FFFD}"
        #expect(error.attribute(forName: "message")?.stringValue == expected)
        #expect(error.stringValue?.hasPrefix(expected) == true)
    }

    @Test func thePageIsWellFormedAndNeedsNothingElse() throws {
        let page = report.rendered(as: .html)
        // But for its two elements without an end the page is XML, too, which finds anything that was not escaped.
        let xml = page.replacing("<meta charset=\"utf-8\">", with: "")
            .replacing(#/<meta name="viewport"[^>]*>/#, with: "").replacing("<!DOCTYPE html>", with: "")
        let document = try XMLDocument(xmlString: xml)
        #expect(try document.nodes(forXPath: "//script | //link | //img | //@src").isEmpty)
        #expect(!page.contains("http"))
        #expect(try document.nodes(forXPath: "//*[local-name()='svg'][@role='img']").count == 4)
        #expect(
            try document.nodes(forXPath: "//*[local-name()='desc']").allSatisfy { $0.stringValue?.isEmpty == false })
        let links = try document.nodes(forXPath: "//a/@href").compactMap(\.stringValue)
        let identifiers = try document.nodes(forXPath: "//@id").compactMap(\.stringValue)
        #expect(Set(identifiers).count == identifiers.count)
        #expect(Set(links).isSubset(of: Set(identifiers.map { "#\($0)" })))
        #expect(Set(links).count == 3)
    }

    /// 10,000 requests must not make a page that no browser likes.
    @Test func thePageStaysSmall() {
        #expect(report.rendered(as: .html).utf8.count < 200_000)
        #expect(report.rendered(as: .json).utf8.count < 200_000)
    }

    @Test func jsonTellsTheTimeline() throws {
        let json = try JSONValue(parsing: report.rendered(as: .json))
        #expect(json["passed"] == false)
        let scenario = try #require(json["scenarios"]?.arrayValue?[1])
        #expect(scenario["lost"] == 1)
        let timeline = try #require(scenario["timeline"])
        #expect(timeline["faults"]?.arrayValue?.first?["end"] == .number(11))
        let owners = try #require(timeline["owners"]?.arrayValue)
        #expect(
            owners.map { $0["of"]?.stringValue } == [
                "VIP 10.77.0.100", "VIP 10.77.1.100", "store leader", "leader of outbox",
            ])
        #expect(owners[2]["rows"]?.arrayValue?[1] == [.number(3.15), .number(4.1), nil])
        #expect(scenario["failed"]?.integerValue == timeline["failures"]?["rows"]?.arrayValue?.count)
    }

    @Test func theTableHasALineForEachScenarioAndForEachThatFailed() {
        let lines = report.rendered(as: .text).split(separator: "\n")
        #expect(lines.count == 6)
        #expect(lines[1].hasPrefix("kill-haproxy") && lines[1].hasSuffix("pass"))
        #expect(lines[4].hasPrefix("power-off: outage 4."))
    }

    @Test func runsOfOneScenarioAreToldApart() throws {
        let twice = DrillReport(results: [ExampleReport.refused, ExampleReport.refused])
        let document = try XMLDocument(xmlString: twice.rendered(as: .junit))
        let names = try document.nodes(forXPath: "//testcase/@name").compactMap(\.stringValue)
        #expect(names == ["cut-control, run 1", "cut-control, run 2"])
        let page = twice.rendered(as: .html)
        #expect(page.contains("href=\"#scenario-2\"") && page.contains("id=\"scenario-2\""))
    }

    /// For looking at: `SKEIN_REPORT_PAGE=FILE swift test --filter ReportTests` writes the example.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["SKEIN_REPORT_PAGE"] != nil))
    func theExampleIsWritten() throws {
        let path = try #require(ProcessInfo.processInfo.environment["SKEIN_REPORT_PAGE"])
        try Data(report.rendered(as: .html).utf8).write(to: URL(fileURLWithPath: path))
    }
}
