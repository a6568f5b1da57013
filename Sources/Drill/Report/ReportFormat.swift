import JSON

/// How a report is written.
package enum ReportFormat: String, Hashable, Sendable, CaseIterable {
    /// A table for a terminal.
    case text
    case json
    /// JUnit's XML, which build servers read.
    case junit
    /// One page that needs nothing else.
    case html

    /// By the ending of a file's name: `.json`, `.xml`, `.html`, `.txt`; nil for any other.
    package init?(path: String) {
        switch path.split(separator: "/").last?.split(separator: ".").dropFirst().last {
        case "json": self = .json
        case "xml": self = .junit
        case "html", "htm": self = .html
        case "txt": self = .text
        default: return nil
        }
    }
}

extension DrillReport {
    /// The whole report, with a line end at its end.
    package func rendered(as format: ReportFormat) -> String {
        switch format {
        case .text: text + "\n"
        case .json: json.text + "\n"
        case .junit: JUnitReport(report: self).text
        case .html: PageReport(report: self).text
        }
    }
}
