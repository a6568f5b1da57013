import Blueprint
import FoundationEssentials
import JSON
import Remote
import Testbed

/// What `up` would do in Keystone, as far as it is known beforehand.
package struct RegistrationPlan: Hashable, Sendable {
    /// Lines of the plan; empty when there is nothing to do.
    package var lines: [String] = []
    /// What was found; nil when there was no controller to ask.
    var state: RegistrationTask.Result?
}

/// What follows the stages: Neutron's entry in Keystone, and the end-to-end check. Both run on controllers.
extension PreparedDeployment {
    /// What `up` would do in Keystone. Changes nothing.
    package func registrationPlan() async -> RegistrationPlan {
        guard let keystone = deployment.testbed.keystone else { return RegistrationPlan() }
        let isThere = changes.stages.allSatisfy { $0.name != "packages" }
        guard isThere, let state = try? await registration(creates: false), state.failure == nil else {
            let line =
                "register Neutron at \(keystone.address) (what it lacks is found once a controller is there to ask)"
            return RegistrationPlan(lines: keystone.managesNeutron ? [line] : [])
        }
        return RegistrationPlan(
            lines: keystone.managesNeutron ? state.missing.map { "create \($0)" } : [], state: state)
    }

    /// Creates what Keystone lacks, when the testbed lets Skein manage Neutron; else only looks.
    ///
    /// - Parameter plan: what was found before; nothing is asked again when that was complete.
    /// - Returns: nil without Keystone in the testbed.
    /// - Throws: ``DeployError`` `stepFailed`
    package func register(
        after plan: RegistrationPlan, _ progress: some ProgressReporter
    ) async throws(DeployError) -> RegistrationTask.Result? {
        var found = plan.state
        if found == nil || !plan.lines.isEmpty {
            found = try await registration(creates: deployment.testbed.keystone?.managesNeutron ?? false)
        }
        guard let found else { return nil }
        if let failure = found.failure {
            throw DeployError(.stepFailed, "Keystone: \(failure)")
        }
        for entry in found.created { await progress.report(.notice("created in Keystone: \(entry)")) }
        for entry in found.differences { await progress.report(.notice("left as it is in Keystone: \(entry)")) }
        return found
    }

    private func registration(creates: Bool) async throws(DeployError) -> RegistrationTask.Result? {
        guard
            let task = RegistrationTask(
                testbed: deployment.testbed, keystoneURL: keystoneURL, neutronPassword: neutronPassword,
                passwordFile: deployment.directory.neutronPassword, creates: creates),
            let controller = controllers.first
        else { return nil }
        do {
            let output = try await controller.run(
                program: [DeploymentPath.executable, "register-neutron"], input: task.json.text, seconds: 120)
            guard output.succeeded else {
                throw DeployError(.stepFailed, "\(controller.name): Keystone: \(output.lastLines(4))")
            }
            return try RegistrationTask.Result(parsing: output.output)
        } catch let error as DeployError {
            throw error
        } catch {
            throw DeployError(.stepFailed, "\(controller.name): Keystone: \(error)")
        }
    }

    /// What the operator has to create in Keystone, with the commands, when Skein may not: `manage_neutron: 'no'`.
    ///
    /// The password that Skein has made up for the service user is in a file of the deployment's own, and not among them.
    ///
    /// - Returns: nil when nothing is missing.
    /// - Throws: ``DeployError`` `localState`
    package func missingEntries(_ found: RegistrationTask.Result) throws(DeployError) -> String? {
        guard let keystone = deployment.testbed.keystone, !keystone.managesNeutron, !found.missing.isEmpty else {
            return nil
        }
        if keystone.neutronPassword == nil {
            try deployment.directory.write(Array(neutronPassword.utf8), to: deployment.directory.neutronPassword)
        }
        return """
            Neutron is not managed in Keystone by Skein (manage_neutron = 'no'). Still missing there:
            \(found.missing.map { "  \($0)" }.joined(separator: "\n"))
            Create it with:
            \(found.commands.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n"))

            """
    }

    /// Makes the end-to-end check on every controller at once.
    ///
    /// - Parameters:
    ///   - names: the controllers to make it on; all unless given.
    ///   - program: the executable on them that understands this build's check.
    /// - Throws: ``DeployError`` `verification` with one reason for each controller that it fails on.
    package func verify(
        on names: Set<String>? = nil, program: String = DeploymentPath.executable, _ progress: some ProgressReporter
    ) async throws(DeployError) {
        let controllers = controllers.filter { names?.contains($0.name) ?? true }
        guard !controllers.isEmpty else { return }
        guard
            let check = EndToEndCheck(
                testbed: deployment.testbed, keystoneURL: keystoneURL, run: UUID().uuidString)
        else {
            await progress.report(.notice("no end-to-end check: the testbed names no Keystone that could give a token"))
            return
        }
        await progress.report(
            .stage(title: "Checking end to end", steps: controllers.count, hosts: controllers.count))
        let action = "token, network, subnet and port through every virtual IP and the catalogue"
        let failures = await concurrently(controllers) { host async -> String? in
            let begin = ContinuousClock.now
            await progress.report(.started(host: host.name, action: action))
            let failure = await run(check, by: program, on: host)
            let seconds = Double((ContinuousClock.now - begin) / .milliseconds(1)) / 1_000
            if let failure {
                await progress.report(.failed(host: host.name, action: action, seconds: seconds, reason: failure))
                return "\(host.name): end-to-end check: \(failure)"
            }
            await progress.report(.finished(host: host.name, action: action, seconds: seconds))
            return nil
        }.compactMap { $0 }
        guard failures.isEmpty else { throw DeployError(.verification, failures) }
    }

    private func run(_ check: EndToEndCheck, by program: String, on host: RemoteHost) async -> String? {
        do throws(RemoteError) {
            let output = try await host.run(
                program: [program, "verify"], input: check.json.text, seconds: 150)
            return output.succeeded ? nil : output.lastLines(4)
        } catch {
            return error.message
        }
    }

    /// The hosts that run `skein serve` with the APIs.
    private var controllers: [RemoteHost] {
        let names = Set(deployment.testbed.hosts(in: .cfgm).map(\.name))
        return deployment.hosts.filter { names.contains($0.name) }
    }
}
