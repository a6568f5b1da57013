import ArgumentParser
import Drill
import Foundation
import Glibc
import JSON
import Lab

/// `skein drill`: injects faults and measures what clients see of them.
struct DrillCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drill",
        abstract: "Inject faults into a lab's installation and measure outage and loss.",
        discussion: """
            Each scenario puts a load on the APIs through the virtual IPs, injects its fault, heals it, waits until \
            everything is whole, and then checks that no acknowledged object is lost or doubled and that reads and \
            writes were linearizable. The exit code is 0 when every scenario passed.
            """)

    @Argument(help: "The testbed file of the installation.")
    var testbed: String

    @Argument(help: "Scenarios by name or family; all of them unless given.")
    var scenarios: [String] = []

    @Option(help: "The lab that the installation is in.")
    var lab = "lab"

    @Option(help: "Requests per second of the load.")
    var rate = 200

    @Option(
        help: ArgumentHelp(
            "Write the report to this file: .html, .json, .xml (JUnit) or .txt. May be repeated.", valueName: "file"))
    var output: [String] = []

    @Option(help: "What is printed: text or json.")
    var format = "text"

    @Flag(help: "Print the scenarios and end.")
    var list = false

    func run() async throws {
        if list {
            for scenario in Scenario.catalogue {
                print("\(scenario.name)  (\(scenario.family.rawValue), \(scenario.victim.rawValue))")
            }
            return
        }
        let chosen = try chooseScenarios()
        let files = try ReportFiles(output)
        guard let name = LabName(lab) else { throw ValidationError("'\(lab)' is no name of a lab") }
        let lab = try Lab.open(name)
        try enter(lab.fabric)
        let installation = try Installation(testbed: try TestbedFile.load(path: testbed))
        let injector = LabFaultInjector(lab: lab, controllers: installation.controllers.map(\.name))
        var runner = DrillRunner(installation: installation, injector: injector) { line in
            FileHandle.standardError.write(Data("\(line)\n".utf8))
        }
        runner.rate = rate
        var report = try await runner.run(chosen)
        try files.write(&report, place: testbed, installation: installation, rate: rate)
        print(format == "json" ? report.json.prettyText() : report.text)
        if !report.passed { throw ExitCode(1) }
    }

    private func chooseScenarios() throws -> [Scenario] {
        guard !scenarios.isEmpty else { return Scenario.catalogue }
        return try scenarios.flatMap { name in
            let found = Scenario.catalogue.filter { $0.name == name || $0.family.rawValue == name }
            guard !found.isEmpty else {
                throw ValidationError("there is no scenario or family '\(name)'; --list prints them")
            }
            return found
        }
    }

    /// The lab's addresses are reached from its fabric only: the command starts itself again in there, once.
    private func enter(_ fabric: LabFabric) throws {
        let mark = "SKEIN_DRILL_NAMESPACE"
        guard ProcessInfo.processInfo.environment[mark] != fabric.namespacePath else { return }
        setenv(mark, fabric.namespacePath, 1)
        let arguments =
            ["nsenter", "--net=\(fabric.namespacePath)", "--"]
            + [CommandLine.executablePath] + CommandLine.arguments.dropFirst()
        var pointers = arguments.map { strdup($0) } + [nil]
        execvp("nsenter", &pointers)
        throw ValidationError("nsenter could not be started: \(String(cString: strerror(errno)))")
    }
}

extension CommandLine {
    /// The path of the running executable.
    fileprivate static var executablePath: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? arguments.first ?? "skein"
    }
}
