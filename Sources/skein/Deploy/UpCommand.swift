import ArgumentParser
import Deploy
import Glibc

/// `skein up`: makes the hosts what the testbed says.
struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up", abstract: "Make the hosts what the testbed says, and check the result end to end.",
        discussion: """
            Shows the plan and asks before it changes anything. May be repeated at any time: what is right stays \
            untouched, and after a failure it goes on from there. Hosts that do not answer are left out when the others do \
            without them: the exit code is 2 then, and 0 when every host is as the testbed says.
            """)

    @OptionGroup var arguments: DeploymentArguments

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    @Option(help: .hidden)
    var skipStage: [String] = []

    func run() async throws {
        let leftOut = try await arguments.withLockedDeployment("skein up") { deployment in
            let progress = DeploymentProgress()
            var prepared = try await deployment.prepare(savesSecrets: true, progress)
            await progress.finish()
            prepared.skip(stages: skipStage)
            guard prepared.refusals.isEmpty else { throw DeployError(.impossible, prepared.refusals) }
            let registration = await prepared.registrationPlan()
            DeploymentArguments.show(prepared.changes, registration: registration.lines)
            if !prepared.changes.isEmpty || !registration.lines.isEmpty {
                try DeploymentArguments.confirm("This plan is applied to the hosts.", yes: yes, command: "skein up")
            }
            do {
                try await prepared.apply(progress)
                if !skipStage.contains("controller") { try await conclude(prepared, registration, progress) }
                await progress.finish()
            } catch {
                await progress.finish()
                throw error
            }
            return prepared.changes.leftOutText
        }
        if !leftOut.isEmpty {
            StandardStream.write(leftOut, to: STDOUT_FILENO)
            throw ExitCode(2)
        }
    }

    private func conclude(
        _ prepared: PreparedDeployment, _ plan: RegistrationPlan, _ progress: DeploymentProgress
    ) async throws {
        if let registration = try await prepared.register(after: plan, progress),
            let missing = try prepared.missingEntries(registration)
        {
            await progress.finish()
            StandardStream.write(missing, to: STDOUT_FILENO)
            throw DeployError(
                .verification,
                "the hosts are as they should be; nobody can use them before Keystone has what is missing there: run "
                    + "`skein up` again then, for the check end to end")
        }
        try await prepared.verify(progress)
    }
}
