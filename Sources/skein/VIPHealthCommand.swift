import ArgumentParser
import Blueprint
import FoundationEssentials
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
        try service.run { print($0) }
    }
}
