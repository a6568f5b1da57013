import Blueprint
import JSON
import Remote
import Testbed

/// What each host runs and has kept, for `skein upgrade TESTBED --list`.
package struct HostVersions: Hashable, Sendable {
    package var host: String
    /// Nil when there is no executable.
    package var running: KeptVersion?
    /// The ones that `--to` brings back.
    package var kept: [KeptVersion]
}

extension Deployment {
    /// Works out how the hosts get this deployment's executable. Changes nothing on them.
    ///
    /// - Throws: ``DeployError``
    package func upgrade(_ progress: some ProgressReporter) async throws(DeployError) -> RollingUpgrade {
        let prepared = try await prepare(savesSecrets: true, progress)
        let surveys = try await prepared.deployment.versionSurveys()
        guard surveys.contains(where: { $0.running != nil }) else {
            throw DeployError(.impossible, "no host runs Skein yet: `skein up TESTBED` installs it")
        }
        return RollingUpgrade(prepared, surveys: surveys, secrets: prepared.secretsDigest)
    }

    /// What each host runs and has kept.
    ///
    /// - Throws: ``DeployError`` `unfit` when a host does not answer.
    package func versions() async throws(DeployError) -> [HostVersions] {
        try await versionSurveys().map { survey in
            HostVersions(
                host: survey.host, running: survey.running,
                kept: survey.kept.filter { $0.digest != survey.running?.digest })
        }
    }

    /// Works out how the hosts get a version back that they have kept. Changes nothing on them.
    ///
    /// - Parameter name: a version, or the begin of a digest.
    /// - Throws: ``DeployError`` `impossible` when a host has no such version, or more than one.
    package func downgrade(
        to name: String, _ progress: some ProgressReporter
    ) async throws(DeployError) -> Downgrade {
        let prepared = try await prepare(savesSecrets: true, progress)
        let surveys = try await prepared.deployment.versionSurveys()
        let rule = DowngradeRule(surveys: surveys, name: name)
        guard rule.refusals.isEmpty else { throw DeployError(.impossible, rule.refusals) }
        return Downgrade(prepared, targets: rule.targets, surveys: surveys)
    }

    /// - Throws: ``DeployError`` `unfit`
    private func versionSurveys() async throws(DeployError) -> [VersionSurvey] {
        let names = Set(testbed.hosts.filter(\.isController).map(\.name))
        let results = await concurrently(hosts.filter { names.contains($0.name) }) {
            host async -> Result<VersionSurvey, DeployError> in
            do throws(RemoteError) {
                let output = try await host.run(VersionSurvey.script, seconds: 60)
                return .success(VersionSurvey(host: host.name, output: output.output))
            } catch {
                return .failure(DeployError(.unfit, error.description))
            }
        }
        return try Self.all(results, .unfit)
    }
}

extension HostVersions {
    package var json: JSONValue {
        [
            "host": .string(host), "running": running?.json ?? .null, "kept": .array(kept.map(\.json)),
        ]
    }
}

extension KeptVersion {
    fileprivate var json: JSONValue { ["version": .string(version), "digest": .string(digest)] }
}
