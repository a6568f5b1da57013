import ArgumentParser
import Deploy

/// `skein plan`: what `skein up` would change.
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Show what `skein up` would change on the hosts.",
        discussion: """
            The exit code is 0 when nothing would change, 2 when something would or when a host was left out, and 1 after an \
            error.
            """)

    @OptionGroup var arguments: DeploymentArguments

    func run() async throws {
        let isEmpty = try await arguments.withDeployment { deployment in
            let progress = DeploymentProgress()
            let prepared = try await deployment.prepare(savesSecrets: false, progress)
            await progress.finish()
            let registration = await prepared.registrationPlan()
            DeploymentArguments.show(prepared.changes, registration: registration.lines)
            guard prepared.refusals.isEmpty else { throw DeployError(.impossible, prepared.refusals) }
            return prepared.changes.isEmpty && prepared.changes.leftOut.isEmpty && registration.lines.isEmpty
        }
        if !isEmpty { throw ExitCode(2) }
    }
}
