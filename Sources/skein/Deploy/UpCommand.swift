import ArgumentParser
import Deploy
import Glibc

/// `skein up`: makes the hosts what the testbed says.
struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up", abstract: "Make the hosts what the testbed says, and check the result end to end.",
        discussion: """
            Shows the plan and asks before it changes anything. May be repeated at any time: what is right stays \
            untouched, and after a failure it goes on from there.
            """)

    @OptionGroup var arguments: DeploymentArguments

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    @Option(help: .hidden)
    var skipStage: [String] = []

    func run() async throws {
        try await arguments.withDeployment { deployment in
            let progress = DeploymentProgress()
            var prepared = try await deployment.prepare(savesSecrets: true, progress)
            await progress.finish()
            prepared.skip(stages: skipStage)
            DeploymentArguments.show(prepared.changes)
            if !prepared.changes.isEmpty {
                try confirm()
                try await apply(prepared, progress)
            }
        }
    }

    private func apply(_ prepared: PreparedDeployment, _ progress: DeploymentProgress) async throws {
        do {
            try await prepared.apply(progress)
            await progress.finish()
        } catch {
            await progress.finish()
            throw error
        }
    }

    private func confirm() throws {
        guard !yes else { return }
        guard isatty(STDIN_FILENO) == 1 else {
            throw DeployError(.localState, "nothing was changed: without a terminal, `skein up` needs --yes")
        }
        StandardStream.write("Apply this plan? [y/N] ", to: STDOUT_FILENO)
        guard let answer = readLine(), ["y", "yes"].contains(answer.lowercased()) else {
            StandardStream.write("Nothing was changed.\n", to: STDOUT_FILENO)
            throw ExitCode(1)
        }
    }
}
