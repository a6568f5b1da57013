import Blueprint
import FoundationEssentials
import Remote

/// Which kept version each host goes back to. Pure.
struct DowngradeRule {
    /// The digest for each host that does not run it already.
    private(set) var targets: [String: KeptVersion] = [:]
    /// Why it cannot be done; empty when it can.
    private(set) var refusals: [String] = []

    init(surveys: [VersionSurvey], name: String) {
        for survey in surveys {
            let known = survey.kept + [survey.running].compactMap { $0 }
            let meant = Set(known.filter { $0.isMeant(by: name) })
            switch meant.count {
            case 1:
                if let version = meant.first, version.digest != survey.running?.digest {
                    targets[survey.host] = version
                }
            case 0:
                let there = survey.kept.map(\.title).sorted().joined(separator: ", ")
                refusals.append(
                    "\(survey.host): it has kept no version \(name)\(there.isEmpty ? "" : ", only \(there)")")
            default:
                let titles = meant.map(\.title).sorted().joined(separator: ", ")
                refusals.append("\(survey.host): \(name) is more than one version: \(titles); say which by its digest")
            }
        }
    }
}

/// The way back to a version that the hosts have kept, one host after the other.
package struct Downgrade: Sendable {
    private let prepared: PreparedDeployment
    private let targets: [String: KeptVersion]
    /// What each host runs now: it is kept, too, and makes the check, since an older build may not understand this one's.
    private let running: [String: String]

    init(_ prepared: PreparedDeployment, targets: [String: KeptVersion], surveys: [VersionSurvey]) {
        self.prepared = prepared
        self.targets = targets
        running = surveys.reduce(into: [:]) { $0[$1.host] = $1.running?.digest }
    }

    package var isEmpty: Bool { targets.isEmpty }

    /// The steps for people.
    package var text: String {
        guard !isEmpty else { return "No change: every host runs that version.\n" }
        return targets.sorted { $0.key < $1.key }.map { "\($0.key): back to \($0.value.title)\n" }.joined()
            + "The files that Skein's own services had with it come back, too; each host is checked end to end before the next.\n"
    }

    /// - Throws: ``DeployError`` `stepFailed`; the hosts before the one that failed have the version.
    package func apply(_ progress: some ProgressReporter) async throws(DeployError) {
        for stageHost in prepared.deployment.hosts {
            guard let version = targets[stageHost.name], let current = running[stageHost.name] else { continue }
            let services = prepared.blueprint.stages.flatMap(\.hosts).filter { $0.host == stageHost.name }
                .flatMap(\.resources)
            let rule = UpgradeRule(services)
            var steps = [
                HostStep(
                    host: stageHost.name, action: "keep what runs",
                    script: UpgradeScript.keep(
                        new: version.digest, files: rule.files, secrets: prepared.secretsDigest), seconds: 120),
                HostStep(
                    host: stageHost.name, action: "put back \(version.title)",
                    script: UpgradeScript.restore(version.digest, secrets: prepared.secretsDigest), seconds: 120),
            ]
            for case .service(let service) in services
            where rule.phase(stage: "", .service(service)) == .turn {
                guard let script = ResourceStep.script(.service(service)) else { continue }
                steps.append(
                    HostStep(
                        host: stageHost.name, action: "restart \(service.name)", script: script,
                        seconds: ResourceStep.seconds(.service(service))))
            }
            try await prepared.deployment.take(
                steps, title: "Bringing \(stageHost.name) back",
                command: "skein upgrade TESTBED --to \(version.digest)",
                progress)
            try await prepared.verify(
                on: [stageHost.name], program: UpgradeScript.path(current) + "/skein", progress)
        }
    }
}
