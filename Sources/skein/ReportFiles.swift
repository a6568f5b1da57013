import ArgumentParser
import Drill
import Foundation

/// The files that a drill's report is written to. They are looked at before anything is injected: a drill of an hour
/// must not end with a report that cannot be written.
struct ReportFiles {
    private let files: [(path: String, format: ReportFormat)]
    private let started = Date.now

    /// - Throws: `ValidationError` for a name whose ending says no format, or a folder that is not there.
    init(_ paths: [String]) throws {
        files = try paths.map { path in
            guard let format = ReportFormat(path: path) else {
                throw ValidationError("--output \(path): the name must end in .html, .json, .xml (JUnit) or .txt")
            }
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
            guard FileManager.default.isWritableFile(atPath: folder) else {
                throw ValidationError("--output \(path): there is no folder \(folder) that can be written to")
            }
            return (path, format)
        }
    }

    /// Notes in the report what was drilled and when, and writes it, saying where on standard error.
    ///
    /// - Parameters:
    ///   - place: what was drilled, such as the testbed's path.
    ///   - rate: requests per second of the load.
    func write(_ report: inout DrillReport, place: String, installation: Installation, rate: Int) throws {
        report.circumstances.started = started.formatted(.iso8601)
        report.circumstances.installation = place
        report.circumstances.controllers = installation.controllers.map(\.name)
        report.circumstances.virtualIPs = installation.virtualIPs
        report.circumstances.rate = rate
        report.circumstances.machine = Self.machine
        report.circumstances.version = Skein.version
        for file in files {
            try Data(report.rendered(as: file.format).utf8).write(to: URL(fileURLWithPath: file.path))
            FileHandle.standardError.write(Data("report written: \(file.path)\n".utf8))
        }
    }

    /// Where the load ran, which in a lab is where everything ran.
    private static var machine: String {
        let process = ProcessInfo.processInfo
        let memory = (process.physicalMemory + (1 << 29)) >> 30
        return "\(process.activeProcessorCount) processors, \(memory) GiB"
    }
}
