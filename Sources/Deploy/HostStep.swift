import Remote

/// Something that a script on one host does, as part of work that goes from host to host.
struct HostStep: Hashable {
    var host: String
    /// What it does, for people.
    var action: String
    var script: String
    /// How long it may take.
    var seconds: Int
}

extension Deployment {
    /// Takes steps one after the other. A failure ends it.
    ///
    /// - Parameters:
    ///   - title: what the steps are together.
    ///   - command: the command that takes them up again after a failure.
    /// - Throws: ``DeployError`` `stepFailed`
    func take(
        _ steps: [HostStep], title: String, command: String, _ progress: some ProgressReporter
    ) async throws(DeployError) {
        let names = Set(steps.map(\.host))
        try await awaitQuiet(on: names, progress)
        await progress.report(.stage(title: title, steps: steps.count, hosts: names.count))
        for step in steps {
            let begin = ContinuousClock.now
            await progress.report(.started(host: step.host, action: step.action))
            let failure = await run(step)
            let seconds = Double((ContinuousClock.now - begin) / .milliseconds(1)) / 1_000
            guard let failure else {
                await progress.report(.finished(host: step.host, action: step.action, seconds: seconds))
                continue
            }
            await progress.report(.failed(host: step.host, action: step.action, seconds: seconds, reason: failure))
            throw DeployError(
                .stepFailed,
                "\(step.host): \(step.action): \(PreparedDeployment.shortened(failure)); `\(command)` again goes on")
        }
    }

    private func run(_ step: HostStep) async -> String? {
        guard let remote = remote(step.host) else { return "it is not managed" }
        do throws(RemoteError) {
            let output = try await remote.run(step.script, seconds: step.seconds, changes: true)
            return output.succeeded ? nil : PreparedDeployment.advice(output.lastLines(10))
        } catch {
            return error.message
        }
    }
}
