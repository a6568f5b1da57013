import Blueprint
import FoundationEssentials
import Remote
import Testbed

/// A deployment whose hosts have been looked at: the changes are known, and can be applied.
package struct PreparedDeployment: Sendable {
    let deployment: Deployment
    let blueprint: Blueprint
    let digest: String
    package private(set) var changes: ChangeSet
    private(set) var membership: MembershipRule
    package let keystoneURL: String?
    let neutronPassword: String
    /// Changes with each of the secrets that stand in configuration files.
    let secretsDigest: String

    /// Why `up` may not begin: what hosts say of the members is not what it can go on from. Empty when it may.
    package var refusals: [String] { membership.refusals }

    /// Applies all changes, stage by stage. Hosts of a stage work at once; the ones whose running services are
    /// interrupted take their turn after the others, one by one, so that a cluster keeps its majority; then those that
    /// join a cluster, or leave it.
    ///
    /// A failure ends the stage on its host only; the stages after it are not begun. What was done stays, and the next
    /// run goes on from there.
    ///
    /// - Throws: ``DeployError`` `stepFailed` with one reason for each host that failed; `impossible`, see ``refusals``.
    package func apply(_ progress: some ProgressReporter) async throws(DeployError) {
        guard refusals.isEmpty else { throw DeployError(.impossible, refusals) }
        try await deployment.awaitQuiet(on: Set(changes.stages.flatMap { $0.hosts.map(\.host) }), progress)
        try deployment.noteHosts(gone: [])
        for stage in changes.stages {
            let steps = stage.hosts.reduce(0) { $0 + $1.changes.count }
            await progress.report(.stage(title: stage.title, steps: steps, hosts: stage.hosts.count))
            let last = stage.hosts.filter { $0.changes.contains(where: \.comesLast) }
            let interrupted = stage.hosts.filter { host in
                !last.contains(host) && host.changes.contains(where: \.interrupts)
            }
            let others = stage.hosts.filter { !interrupted.contains($0) && !last.contains($0) }
            let failures = await concurrently(others) { await apply($0, progress) }.compactMap { $0 }
            guard failures.isEmpty else { throw DeployError(.stepFailed, failures) }
            for host in interrupted + last {
                if let failure = await apply(host, progress) { throw DeployError(.stepFailed, failure) }
            }
        }
        try deployment.noteHosts(
            gone: changes.stages.filter { $0.name == Departures.stageName }.flatMap { $0.hosts.map(\.host) })
    }

    /// Applies a host's changes of one stage, in order.
    ///
    /// - Returns: why it stopped; nil at the end.
    private func apply(_ host: ChangeSet.HostChanges, _ progress: some ProgressReporter) async -> String? {
        guard let remote = deployment.remote(host.host) else { return nil }
        for change in host.changes {
            let begin = ContinuousClock.now
            await progress.report(.started(host: host.host, action: change.action))
            let failure = await apply(change, on: remote)
            let seconds = Double((ContinuousClock.now - begin) / .milliseconds(1)) / 1_000
            guard let failure else {
                await progress.report(.finished(host: host.host, action: change.action, seconds: seconds))
                continue
            }
            await progress.report(
                .failed(host: host.host, action: change.action, seconds: seconds, reason: failure))
            return "\(host.host): \(change.action): \(Self.shortened(failure))"
        }
        return nil
    }

    private func apply(_ change: PlannedChange, on host: RemoteHost) async -> String? {
        do throws(RemoteError) {
            if case .executable(let path) = change.resource {
                try await host.copy(
                    file: deployment.options.executable, to: path, mode: "755",
                    seconds: ResourceStep.seconds(change.resource))
                return nil
            }
            guard let script = change.step?.script ?? ResourceStep.script(change.resource) else { return nil }
            let seconds = change.step?.seconds ?? ResourceStep.seconds(change.resource)
            let output = try await host.run(script, seconds: seconds, changes: true)
            return output.succeeded ? nil : Self.advice(output.lastLines(14))
        } catch {
            return error.message
        }
    }

    /// The first line of a reason, and the advice if there is one; the whole reason was reported when it happened.
    static func shortened(_ reason: String) -> String {
        let lines = reason.split(whereSeparator: \.isNewline)
        let advice = lines.dropFirst().filter { $0.hasPrefix("->") }
        return (lines.prefix(1) + advice).joined(separator: " ")
    }

    /// A command's last words, with what to do when they are known.
    static func advice(_ words: String) -> String {
        let known: [(String, String)] = [
            ("No space left on device", "free some space on the host"),
            ("Unable to locate package", "the host's package sources lack it: check /etc/apt/sources.list"),
            ("has no installation candidate", "the host's package sources lack it: check /etc/apt/sources.list"),
            ("Could not resolve", "the host cannot resolve names: check its DNS or proxy"),
            ("Unable to fetch", "the host cannot reach its package source: check its network or proxy"),
            ("Could not get lock", "another package installation runs on the host: wait for it"),
            ("locked by another process", "another package installation runs on the host: wait for it"),
            (
                "Assertion failed on job",
                "the host's member of the store has lost its data: `skein replace TESTBED HOST` makes it anew"
            ),
            (
                "cluster ID mismatch",
                "the host's member belongs to another store: `skein replace TESTBED HOST` makes it anew"
            ),
            (
                "has already been bootstrapped",
                "the host's member of the store has lost its data: `skein replace TESTBED HOST` makes it anew"
            ),
            ("Address already in use", "another program has the port: `ss -ltnp` on the host shows which"),
        ]
        let text = words.isEmpty ? "it failed without a word" : words
        guard let advice = known.first(where: { words.contains($0.0) }) else { return text }
        return text + "\n-> " + advice.1
    }
}

extension PreparedDeployment {
    /// Leaves only what one host needs before members of the store and the broker can be started on it.
    mutating func keepOnlyWhatMembersNeed(on host: String) {
        // What stands in the way of `up` is what the replacement mends.
        membership.refusals = []
        let stages = ["packages", "certificates", "store", "broker"]
        changes.stages = changes.stages.compactMap { stage in
            guard stages.contains(stage.name),
                let resources = blueprint.stages.first(where: { $0.name == stage.name })?.hosts.first(where: {
                    $0.host == host
                })?.resources
            else { return nil }
            let needed = resources.prefix { if case .service = $0 { false } else { true } }.filter {
                // Members of the clusters need no Skein, and a service of it would go on with the old one.
                if case .executable = $0 { false } else { true }
            }
            var stage = stage
            stage.hosts = stage.hosts.filter { $0.host == host }.map { changes in
                ChangeSet.HostChanges(
                    host: host, changes: changes.changes.filter { $0.step == nil && needed.contains($0.resource) })
            }.filter { !$0.changes.isEmpty }
            return stage.hosts.isEmpty ? nil : stage
        }
    }

    /// The same deployment with a part of its changes.
    ///
    /// - Parameter isKept: asked with the host's name, the stage's name and the change.
    func keeping(_ isKept: (String, String, PlannedChange) -> Bool) -> PreparedDeployment {
        var part = self
        part.changes.stages = changes.stages.compactMap { stage in
            var stage = stage
            stage.hosts = stage.hosts.compactMap { host in
                let kept = host.changes.filter { isKept(host.host, stage.name, $0) }
                return kept.isEmpty ? nil : ChangeSet.HostChanges(host: host.host, changes: kept)
            }
            return stage.hosts.isEmpty ? nil : stage
        }
        return part
    }

    /// Leaves stages out of the changes, by their names.
    package mutating func skip(stages names: [String]) {
        changes.stages.removeAll { names.contains($0.name) }
    }
}
