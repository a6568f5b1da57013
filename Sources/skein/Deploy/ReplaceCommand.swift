import ArgumentParser
import Deploy
import Glibc

/// `skein replace`: a host's members of the store and the broker, made anew from the others.
struct ReplaceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replace", abstract: "Make a host's members of etcd and RabbitMQ anew, when their data is lost.",
        discussion: """
            For a host whose disk was lost, or that was installed anew. The dead members are taken out of their clusters, \
            added with empty data, and get everything from the others. It is refused when the others have no majority, or \
            when nothing is wrong. After an interruption, run it again. `skein up` brings whatever else the host lacks.
            """)

    @OptionGroup var arguments: DeploymentArguments

    @Argument(help: "The host's name in the testbed.")
    var host: String

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    @Flag(help: "Replace members that are well, too.")
    var force = false

    func run() async throws {
        try await arguments.withLockedDeployment("skein replace") { deployment in
            let progress = DeploymentProgress()
            do {
                let replacement = try await deployment.replacement(of: host, insists: force, progress)
                await progress.finish()
                StandardStream.write(replacement.text, to: STDOUT_FILENO)
                try DeploymentArguments.confirm("This is done now.", yes: yes, command: "skein replace")
                try await replacement.apply(progress)
                await progress.finish()
            } catch {
                await progress.finish()
                throw error
            }
            StandardStream.write(
                "\(host) has new members. Run `skein up` for whatever else it lacks.\n", to: STDOUT_FILENO)
        }
    }
}
