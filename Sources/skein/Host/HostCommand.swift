import ArgumentParser

/// `skein host`: what other commands of skein run on a host of a store's member, with JSON as the result.
struct HostCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "host", abstract: "Work on this host.", shouldDisplay: false,
        subcommands: [HostUnreadableCommand.self])
}
