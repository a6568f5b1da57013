import ArgumentParser
import Deploy
import Glibc

/// `skein adopt`: the deployment's secrets, brought back from a host.
struct AdoptCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adopt", abstract: "Bring a deployment's secrets from its hosts to this machine.",
        discussion: """
            For a folder .skein/ that was lost, or a second operator who has none. Every controller keeps a copy of the \
            secrets, encrypted with a key of its own, which root on it can read. Changes nothing on the hosts.
            """)

    @OptionGroup var arguments: DeploymentArguments

    @Flag(name: .shortAndLong, help: "Do not ask before other secrets are put aside.")
    var yes = false

    func run() async throws {
        try await arguments.withDeployment { deployment in
            guard let adoption = try await deployment.adoption() else {
                StandardStream.write("Nothing to adopt: the hosts have the same secrets.\n", to: STDOUT_FILENO)
                return
            }
            StandardStream.write(adoption.text, to: STDOUT_FILENO)
            if adoption.replaces {
                try DeploymentArguments.confirm("They are replaced now.", yes: yes, command: "skein adopt")
            }
            let former = try adoption.apply()
            StandardStream.write(
                "Adopted." + (former.map { " The former secrets are in \($0)." } ?? "")
                    + " `skein plan` shows whether the testbed is the one that was deployed.\n", to: STDOUT_FILENO)
        }
    }
}
