import ArgumentParser
import Deploy
import Glibc

/// `skein down`: removes what `skein up` made.
struct DownCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "down", abstract: "Remove what `skein up` made from the hosts, with all data.",
        discussion: """
            Keystone keeps the user, service and endpoints of Neutron: other services may rely on them, and Skein never \
            deletes there. Debian packages stay installed unless --purge is given.
            """)

    @OptionGroup var arguments: DeploymentArguments

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    @Flag(help: "Keep the store's and the broker's data on the hosts.")
    var keepData = false

    @Flag(help: "Remove the Debian packages, too.")
    var purge = false

    func run() async throws {
        try await arguments.withLockedDeployment("skein down") { deployment in
            let names = deployment.hostNames.joined(separator: ", ")
            let data = keepData ? "Its data stays." : "All networks, ports and other objects in it are lost."
            try DeploymentArguments.confirm(
                "This stops and removes the installation on \(names). \(data)", yes: yes, command: "skein down")
            let progress = DeploymentProgress()
            do {
                try await deployment.remove(.init(keepsData: keepData, purgesPackages: purge), progress)
                await progress.finish()
            } catch {
                await progress.finish()
                throw error
            }
            StandardStream.write(
                """
                Removed. Keystone was not touched: Neutron's user, service and endpoints are still there, and the user's \
                password with the deployment's other secrets in \(deployment.directory.path).

                """, to: STDOUT_FILENO)
        }
    }
}
