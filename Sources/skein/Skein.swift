import ArgumentParser

@main
struct Skein: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "skein", abstract: "A highly available network controller for OpenStack.")
}
