import FoundationEssentials
import Testbed

/// Rotating the secrets of an installation that serves meanwhile.
extension Deployment {
    /// What a rotation is going to do, for people. Changes nothing.
    ///
    /// - Throws: ``DeployError`` `impossible` when there is nothing to rotate yet; `localState`.
    package func rotationText(_ rotation: Rotation) throws(DeployError) -> String {
        guard let secrets = try directory.readSecretsFile() else {
            throw DeployError(
                .impossible, "\(directory.path) has no secrets: `skein adopt TESTBED` brings them from a host")
        }
        let steps = RotationRule.titles(rotation).enumerated().map { "  \($0 + 1). \($1)\n" }.joined()
        return "Rotating \(rotation.rawValue), one step after the other on all hosts:\n" + steps
            + (RotationRule.isUnderWay(rotation, secrets) ? "It was begun before, and goes on from there.\n" : "")
    }

    /// Takes all steps of a rotation. The installation serves meanwhile: what has to restart does so host by host.
    ///
    /// - Throws: ``DeployError``; the next run goes on from where it stopped.
    package func rotate(_ rotation: Rotation, _ progress: some ProgressReporter) async throws(DeployError) {
        var prepared = try await settled(progress)
        guard let secrets = try directory.readSecretsFile() else {
            throw DeployError(.localState, "\(directory.secrets) is gone")
        }
        var step = RotationRule.following(rotation, secrets)
        if step == nil {
            do {
                step = try RotationRule.first(rotation, secrets, name: directory.name, now: Date())
            } catch {
                throw DeployError(.impossible, "a new authority cannot be made: \(error)")
            }
        }
        while let taken = step {
            await progress.report(.notice(taken.title))
            try directory.writeSecrets(taken.secrets)
            prepared = try await settled(progress)
            step = RotationRule.following(rotation, taken.secrets)
        }
        try await prepared.verify(progress)
    }

    /// Brings every host to what the folder's secrets say, and looks again whether it is.
    private func settled(_ progress: some ProgressReporter) async throws(DeployError) -> PreparedDeployment {
        let prepared = try await prepareAll(progress)
        guard !prepared.changes.isEmpty else { return prepared }
        try await prepared.apply(progress)
        let after = try await prepareAll(progress)
        guard after.changes.isEmpty else {
            throw DeployError(
                .stepFailed, "after this step hosts are not what they should be: `skein plan` shows how; run it again")
        }
        return after
    }

    /// A host that is left out would go on with what all others trust no more.
    private func prepareAll(_ progress: some ProgressReporter) async throws(DeployError) -> PreparedDeployment {
        let prepared = try await prepare(savesSecrets: true, progress)
        let absent = prepared.changes.leftOut.filter { left in
            testbed.hosts.contains { $0.name == left.host && $0.isController }
        }
        guard absent.isEmpty else {
            throw DeployError(
                .impossible,
                absent.map { "\($0.reason); a rotation needs every controller: bring it back, and run it again" })
        }
        return prepared
    }
}
