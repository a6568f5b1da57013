import ArgumentParser
import Deploy
import Glibc

/// `skein defragment`: the space of what was overwritten or deleted in the store, given back.
struct DefragmentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "defragment",
        abstract: "Give back the store's unused space, and end the alarm of a full store.",
        discussion: """
            The store compacts its history by itself, but its files never become smaller. When they reach their limit, \
            nothing can be written any more (alarm NOSPACE). This compacts, defragments one member after the other, the \
            leader last, and disarms the alarm. APIs are served meanwhile.
            """)

    @OptionGroup var arguments: DeploymentArguments

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    func run() async throws {
        try await arguments.withLockedDeployment("skein defragment") { deployment in
            let progress = DeploymentProgress()
            let defragmentation = try await deployment.defragmentation()
            StandardStream.write(defragmentation.text, to: STDOUT_FILENO)
            try DeploymentArguments.confirm("This is done now.", yes: yes, command: "skein defragment")
            let result: String
            do {
                result = try await defragmentation.apply(progress)
                await progress.finish()
            } catch {
                await progress.finish()
                throw error
            }
            StandardStream.write(result, to: STDOUT_FILENO)
        }
    }
}
