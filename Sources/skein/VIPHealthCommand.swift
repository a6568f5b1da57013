import ArgumentParser
import Blueprint
import FoundationEssentials
import Glibc
import JSON
import VIPHealth

/// What `skein-vip-health.service` runs.
struct VIPHealthCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vip-health", abstract: "Judge whether this node may hold a virtual IP.", shouldDisplay: false)

    @Option(help: "The configuration that `skein up` wrote.")
    var config: String

    func run() throws {
        guard let data = FileManager.default.contents(atPath: config) else {
            throw VIPHealthError(.configuration, "\(config) cannot be read")
        }
        let configuration = try VIPHealthConfiguration(json: JSONValue(parsing: data))
        let service = try VIPHealthService(configuration)
        // `print` would keep its lines back until there are many of them, and `skein status` shows the last one.
        try service.run { StandardStream.write($0 + "\n", to: STDOUT_FILENO) }
    }
}
