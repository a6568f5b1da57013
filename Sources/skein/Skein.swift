import ArgumentParser
import Foundation

/// The one executable: argument parsing here, one call each.
@main
struct Skein: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "skein", abstract: "A highly available network controller for OpenStack.",
        version: Skein.version,
        subcommands: [
            AdoptCommand.self,
            CheckCommand.self,
            DefragmentCommand.self,
            DrillCommand.self,
            DrillGuardCommand.self,
            DownCommand.self,
            HostCommand.self,
            LabCommand.self,
            NoticesCommand.self,
            PlanCommand.self,
            RegisterNeutronCommand.self,
            ReplaceCommand.self,
            RotateCommand.self,
            ServeCommand.self,
            StatusCommand.self,
            UnreadableCommand.self,
            UpCommand.self,
            UpgradeCommand.self,
            VerifyCommand.self,
            VersionCommand.self,
            VIPHealthCommand.self,
        ])

    static let version = "0.1.0"

    /// Runs the command of the command line. A wrong command line ends with exit code 1 as every other error does; the
    /// parser's own 64 would be one code more than the commands promise.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            FileHandle.standardError.write(Data((fullMessage(for: error) + "\n").utf8))
            Foundation.exit(1)
        }
    }
}

/// `skein version`.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")

    func run() {
        print("skein \(Skein.version)")
    }
}
