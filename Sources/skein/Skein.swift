import ArgumentParser

/// The one executable: argument parsing here, one call each.
@main
struct Skein: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "skein", abstract: "A highly available network controller for OpenStack.",
        version: Skein.version,
        subcommands: [
            CheckCommand.self,
            DrillCommand.self,
            LabCommand.self,
            PlanCommand.self,
            RegisterNeutronCommand.self,
            ServeCommand.self,
            UpCommand.self,
            VerifyCommand.self,
            VersionCommand.self,
            VIPHealthCommand.self,
        ])

    static let version = "0.1.0"
}

/// `skein version`.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")

    func run() {
        print("skein \(Skein.version)")
    }
}
