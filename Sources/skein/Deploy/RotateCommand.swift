import ArgumentParser
import Deploy
import Glibc

extension Rotation: ExpressibleByArgument {}

/// `skein rotate`: new secrets in the place of old ones, while the installation serves.
struct RotateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Put new secrets or certificates in the place of the old ones.",
        discussion: """
            In steps of which each leaves all hosts on good terms: first the new is taken beside the old, then it is used, \
            then the old is dropped. Nothing stops serving. After an interruption at any point, run it again.

              ca            the deployment's authority, and every certificate
              certificates  every host's certificate and key
              broker        RabbitMQ's user and password, and the brokers' cookie
              vip           the key by which VIP nodes know each other
            """)

    @OptionGroup var arguments: DeploymentArguments

    @Argument(help: "What to rotate: \(Rotation.allCases.map(\.rawValue).joined(separator: ", ")).")
    var what: Rotation

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    func run() async throws {
        try await arguments.withLockedDeployment("skein rotate") { deployment in
            StandardStream.write(try deployment.rotationText(what), to: STDOUT_FILENO)
            try DeploymentArguments.confirm("This is done now.", yes: yes, command: "skein rotate")
            let progress = DeploymentProgress()
            do {
                try await deployment.rotate(what, progress)
                await progress.finish()
            } catch {
                await progress.finish()
                throw error
            }
            StandardStream.write("Rotated: \(what.rawValue).\n", to: STDOUT_FILENO)
        }
    }
}
