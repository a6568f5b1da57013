import ArgumentParser
import Deploy
import Glibc
import JSON

/// `skein status`: what runs on every host, and why something does not.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show the state of every service on every host, in contrail-status' layout.",
        discussion: "The exit code is 0 when everything is active (or backup), and 1 when something is not.")

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text
        case json
    }

    @OptionGroup var arguments: DeploymentArguments

    @Option(help: "How to print the state: text or json.")
    var format = Format.text

    func run() async throws {
        let status = try await arguments.withDeployment { await $0.status() }
        let text =
            switch format {
            case .text: status.text
            case .json: status.json.prettyText() + "\n"
            }
        StandardStream.write(text, to: STDOUT_FILENO)
        if !status.isWell { throw ExitCode(1) }
    }
}
