import Blueprint
import FoundationEssentials
import Remote
import Testbed

/// An upgrade whose steps are known: the new executable beside the old one on every host, then one host after the other,
/// each checked end to end before the next one. A host that does not come up well brings all back that were switched.
package struct RollingUpgrade: Sendable {
    /// What one host does in its turn.
    private struct Turn: Sendable {
        var host: RemoteHost
        var old: KeptVersion?
        /// The files, then the services that the plan restarts.
        var changes: [PlannedChange]
        /// Skein's own services, for the way back.
        var services: [Resource]
        var files: [String]
    }

    private let before: PreparedDeployment
    private let after: PreparedDeployment
    private let turns: [Turn]
    private let digest: String
    private let secrets: String

    init(_ prepared: PreparedDeployment, surveys: [VersionSurvey], secrets: String) {
        let resources = Dictionary(
            prepared.blueprint.stages.flatMap(\.hosts).map { ($0.host, $0.resources) }, uniquingKeysWith: +)
        let rules = resources.mapValues { UpgradeRule($0) }
        func phase(_ host: String, _ stage: String, _ change: PlannedChange) -> UpgradeRule.Phase? {
            // Members come and go by `up` alone.
            change.step == nil ? rules[host]?.phase(stage: stage, change.resource) : nil
        }
        before = prepared.keeping { phase($0, $1, $2) == .before }
        after = prepared.keeping { phase($0, $1, $2) == .after }
        let now = prepared.keeping { phase($0, $1, $2) == .turn }
        turns = prepared.deployment.hosts.compactMap { host in
            let changes = now.changes.stages.flatMap(\.hosts).filter { $0.host == host.name }.flatMap(\.changes)
            guard !changes.isEmpty, let rule = rules[host.name] else { return nil }
            let services = (resources[host.name] ?? []).filter { resource in
                if case .service = resource { rule.phase(stage: "", resource) == .turn } else { false }
            }
            return Turn(
                host: host, old: surveys.first { $0.host == host.name }?.running, changes: changes,
                services: services, files: rule.files)
        }
        digest = String(prepared.digest.prefix(KeptVersion.digestLength))
        self.secrets = secrets
    }

    package var isEmpty: Bool { turns.isEmpty && before.changes.isEmpty && after.changes.isEmpty }
    package var leftOutText: String { before.changes.leftOutText }

    /// The steps for people.
    package var text: String {
        guard !isEmpty else { return before.changes.text }
        var text = before.changes.isEmpty ? "" : before.changes.text
        for turn in turns {
            text += "\(turn.host.name), in its turn, from \(turn.old?.title ?? "nothing"):\n"
            text += turn.changes.map { "    \($0.action)\n" }.joined()
        }
        if !turns.isEmpty { text += "Each is checked end to end before the next one; if one fails, all go back.\n" }
        if !after.changes.isEmpty { text += "Afterwards:\n" + after.changes.text }
        return text + before.changes.notes.map { "Note: \($0)\n" }.joined()
    }

    /// Takes the steps. May be repeated after it was stopped anywhere: what is done stays done.
    ///
    /// - Throws: ``DeployError`` `stepFailed`; its reasons say what was brought back.
    package func apply(_ progress: some ProgressReporter) async throws(DeployError) {
        try await before.apply(progress)
        try await place(progress)
        var switched: [Turn] = []
        for turn in turns {
            switched.append(turn)
            do {
                try await take(turn, progress)
            } catch {
                var reasons = error.reasons
                for done in switched.reversed() { reasons.append(await bringBack(done, progress)) }
                await prune()
                throw DeployError(error.code, reasons)
            }
        }
        try await after.apply(progress)
        await prune()
    }

    /// What is not kept any more costs room only: a failure is none of the upgrade.
    private func prune() async {
        for turn in turns { _ = try? await turn.host.run(UpgradeScript.prune, seconds: 60, changes: true) }
    }

    /// Brings the new executable to every host, beside the one that runs, and starts it there once.
    private func place(_ progress: some ProgressReporter) async throws(DeployError) {
        guard !turns.isEmpty else { return }
        await progress.report(
            .stage(title: "Placing the new executable beside the old one", steps: turns.count, hosts: turns.count))
        let failures = await concurrently(turns) { turn async -> String? in
            await report("copy and start it once", turn.host, progress) { () async throws(RemoteError) in
                try await run(UpgradeScript.place(digest), turn.host)
                try await turn.host.copy(
                    file: before.deployment.options.executable, to: UpgradeScript.path(digest) + "/skein", mode: "755",
                    seconds: 600)
                try await run(UpgradeScript.trial(digest), turn.host)
            }
        }.compactMap { $0 }
        guard failures.isEmpty else {
            throw DeployError(.stepFailed, failures + ["nothing was switched: every host runs what it ran"])
        }
    }

    private func take(_ turn: Turn, _ progress: some ProgressReporter) async throws(DeployError) {
        await progress.report(
            .stage(title: "Upgrading \(turn.host.name)", steps: turn.changes.count + 1, hosts: 1))
        try await step("keep what runs for the way back", turn.host, progress) { () async throws(RemoteError) in
            try await run(UpgradeScript.keep(new: digest, files: turn.files, secrets: secrets), turn.host)
        }
        for change in turn.changes {
            try await step(change.action, turn.host, progress) { () async throws(RemoteError) in
                if case .executable = change.resource {
                    try await run(UpgradeScript.switchTo(digest), turn.host)
                } else if let script = ResourceStep.script(change.resource) {
                    try await run(script, turn.host, seconds: ResourceStep.seconds(change.resource))
                }
            }
        }
        try await before.verify(on: [turn.host.name], progress)
    }

    /// - Returns: what became of it, for people.
    private func bringBack(_ turn: Turn, _ progress: some ProgressReporter) async -> String {
        await progress.report(
            .stage(title: "Bringing \(turn.host.name) back", steps: 1 + turn.services.count, hosts: 1))
        let failure = await report("put back what was kept", turn.host, progress) { () async throws(RemoteError) in
            try await run(UpgradeScript.restore(nil, secrets: secrets), turn.host)
            for service in turn.services {
                guard let script = ResourceStep.script(service) else { continue }
                try await run(script, turn.host, seconds: ResourceStep.seconds(service))
            }
        }
        return failure.map { "\($0); `skein upgrade TESTBED --to VERSION` tries it again" }
            ?? "\(turn.host.name): brought back to \(turn.old?.title ?? "what it ran")"
    }
}

extension RollingUpgrade {
    private func step(
        _ action: String, _ host: RemoteHost, _ progress: some ProgressReporter,
        _ body: () async throws(RemoteError) -> Void
    ) async throws(DeployError) {
        if let failure = await report(action, host, progress, body) { throw DeployError(.stepFailed, failure) }
    }

    /// - Returns: why it failed, with the host's name and the action in front; nil when it went well.
    private func report(
        _ action: String, _ host: RemoteHost, _ progress: some ProgressReporter,
        _ body: () async throws(RemoteError) -> Void
    ) async -> String? {
        let begin = ContinuousClock.now
        await progress.report(.started(host: host.name, action: action))
        var reason: String?
        do throws(RemoteError) { try await body() } catch { reason = error.message }
        let seconds = Double((ContinuousClock.now - begin) / .milliseconds(1)) / 1_000
        guard let reason else {
            await progress.report(.finished(host: host.name, action: action, seconds: seconds))
            return nil
        }
        await progress.report(.failed(host: host.name, action: action, seconds: seconds, reason: reason))
        return "\(host.name): \(action): \(PreparedDeployment.shortened(reason))"
    }

    private func run(_ script: String, _ host: RemoteHost, seconds: Int = 120) async throws(RemoteError) {
        let output = try await host.run(script, seconds: seconds, changes: true)
        guard output.succeeded else {
            throw RemoteError(.failed, host: host.name, PreparedDeployment.advice(output.lastLines(10)))
        }
    }
}
