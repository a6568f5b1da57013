import Remote
import Testbed

/// The store's members, as full as they are, and the steps that give the space of what was overwritten or deleted back.
package struct Defragmentation: Sendable {
    private let deployment: Deployment
    private let surveys: [StoreSurvey]
    private let steps: [HostStep]
    private let notes: [String]

    fileprivate init(_ deployment: Deployment, surveys: [StoreSurvey], rule: DefragmentationRule) {
        self.deployment = deployment
        self.surveys = surveys
        steps = rule.steps
        notes = rule.notes
    }

    /// How full the members are, and the steps, one a line.
    package var text: String {
        Self.text(surveys) + "Defragmenting the store:\n" + steps.map { "  \($0.host): \($0.action)\n" }.joined()
            + notes.map { "Note: \($0)\n" }.joined()
    }

    /// Takes the steps in order. A failure ends it, and it can be begun again.
    ///
    /// - Returns: how full the members are afterwards, for people.
    /// - Throws: ``DeployError`` `stepFailed`
    package func apply(_ progress: some ProgressReporter) async throws(DeployError) -> String {
        try await deployment.take(steps, title: "Defragmenting the store", command: "skein defragment", progress)
        let surveys = await deployment.storeSurveys()
        return Self.text(surveys) + Self.advice(surveys)
    }

    /// One line for each member, its limit, and what is wrong.
    static func text(_ surveys: [StoreSurvey]) -> String {
        let width = surveys.map(\.host.count).max() ?? 0
        var lines = surveys.map { survey in
            "  " + survey.host + String(repeating: " ", count: width - survey.host.count)
                + "  \(megabytes(survey.bytes)) on disk, \(megabytes(survey.bytesInUse)) in use"
                + (survey.isLeader ? ", leader" : "")
        }
        let limits = surveys.compactMap(\.limit)
        if let limit = limits.min() {
            lines.append("  limit: \(megabytes(limit))")
        }
        if let alarms = surveys.map(\.alarms).first(where: { !$0.isEmpty }) {
            lines.append("  alarm: \(alarms.joined(separator: "; "))")
        }
        return "The store's members:\n" + lines.joined(separator: "\n") + "\n"
    }

    /// What else there is to do once nothing but present values is in use; empty when there is room enough.
    static func advice(_ surveys: [StoreSurvey]) -> String {
        let isNearlyFull = surveys.contains { survey in survey.limit.map { survey.bytesInUse > $0 / 10 * 9 } ?? false }
        return isNearlyFull
            ? "The objects themselves nearly fill it: delete some, or it will be full again soon.\n" : ""
    }

    private static func megabytes(_ bytes: Int) -> String {
        let tenths = (bytes + 50_000) / 100_000
        return "\(tenths / 10).\(tenths % 10) MB"
    }
}

extension Deployment {
    /// Looks at the store's members, and works out how they are defragmented. Changes nothing.
    ///
    /// - Throws: ``DeployError`` `impossible` when it must not be done, with the reason.
    package func defragmentation() async throws(DeployError) -> Defragmentation {
        let surveys = await storeSurveys()
        let rule = DefragmentationRule(testbed: testbed, surveys: surveys)
        guard rule.refusals.isEmpty else { throw DeployError(.impossible, rule.refusals) }
        return Defragmentation(self, surveys: surveys, rule: rule)
    }

    /// Of every member that answers.
    fileprivate func storeSurveys() async -> [StoreSurvey] {
        let members = testbed.hosts(in: .database)
        let pairs = members.compactMap { member in hosts.first { $0.name == member.name }.map { (member, $0) } }
        let surveys = await concurrently(pairs) { member, remote async -> StoreSurvey? in
            guard let output = try? await remote.run(StoreSurvey.script(for: member), seconds: 30) else { return nil }
            return StoreSurvey(host: member.name, output: output.output)
        }
        return surveys.compactMap(\.self)
    }
}
