import ArgumentParser
import Foundation
import JSON
import Testbed

/// `skein check`: reads a testbed file and tells everything that is wrong with it.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Read a testbed file and report everything that is wrong with it.",
        discussion: """
            The file is parsed, never executed. The exit code is 0 when the file can be used (warnings allowed), and 1 \
            when it has an error.
            """)

    /// How findings are printed.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text
        case json
    }

    @Argument(help: "The testbed file, usually testbed.py.")
    var testbed: String

    @Option(help: "How to print the findings: text or json.")
    var format = Format.text

    @Option(
        name: .customLong("env"),
        help: ArgumentHelp(
            "An environment variable for os.getenv in the file; may be repeated.", valueName: "NAME=VALUE"))
    var variables: [String] = []

    func run() throws {
        // A reader that stops early (`| head`) must not turn into another exit code.
        signal(SIGPIPE, SIG_IGN)
        let (environment, faults) = EnvironmentOption.parse(variables)
        var reading = TestbedFile.read(path: testbed, environment: environment)
        if !faults.isEmpty {
            reading.testbed = nil
            reading.diagnostics.insert(contentsOf: faults, at: 0)
        }
        switch format {
        case .json: TestbedFile.write(reading.json(fileName: testbed).prettyText() + "\n", to: .standardOutput)
        case .text:
            var text = DiagnosticText(usesColour: Terminal.usesColour(STDOUT_FILENO)).render(reading)
            if let testbed = reading.testbed { text += "\n" + DeploymentTable(testbed).text }
            TestbedFile.write(text, to: .standardOutput)
        }
        if reading.testbed == nil { throw ExitCode(1) }
    }
}
