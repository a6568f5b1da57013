import Blueprint
import Remote
import Testbed

/// A host whose members of the store and the broker are made anew: what has to be done is known.
package struct Replacement: Sendable {
    private let deployment: Deployment
    private let host: String
    /// What the host lacks before a member can be started on it, such as packages; for one that was installed anew.
    private let preparation: PreparedDeployment
    private let steps: [HostStep]
    /// What the operator should know before agreeing.
    package let notes: [String]

    fileprivate init(
        _ deployment: Deployment, host: String, preparation: PreparedDeployment, rule: ReplacementRule
    ) {
        self.deployment = deployment
        self.host = host
        self.preparation = preparation
        steps = rule.steps
        notes = rule.notes
    }

    /// The steps for people, one a line.
    package var text: String {
        let lines = steps.map { "  \($0.host): \($0.action)" }
        let before = preparation.changes.isEmpty ? "" : preparation.changes.text
        return before + "Replacing the members on \(host):\n" + lines.joined(separator: "\n") + "\n"
            + notes.map { "Note: \($0)\n" }.joined()
    }

    /// Takes the steps in order. A failure ends it; the next run takes it up from what is there.
    ///
    /// - Throws: ``DeployError`` `stepFailed`
    package func apply(_ progress: some ProgressReporter) async throws(DeployError) {
        try await preparation.apply(progress)
        try await deployment.take(
            steps, title: "Replacing the members on \(host)", command: "skein replace", progress)
    }
}

extension Deployment {
    /// Looks at all members of the store and the broker, and works out how a host's ones are made anew. Changes nothing.
    ///
    /// - Parameters:
    ///   - name: the host's name in the testbed.
    ///   - insists: replaces members that are well, too.
    /// - Throws: ``DeployError`` `impossible` when it must not be done, with every reason.
    package func replacement(
        of name: String, insists: Bool, _ progress: some ProgressReporter
    ) async throws(DeployError) -> Replacement {
        guard let host = testbed.hosts.first(where: { $0.isManaged && $0.name == name }) else {
            throw DeployError(
                .impossible, "no managed host has the name \(name); there are \(hostNames.joined(separator: ", "))")
        }
        let rule = ReplacementRule(
            testbed: testbed, host: host, surveys: await memberSurveys(), insists: insists)
        guard rule.refusals.isEmpty else { throw DeployError(.impossible, rule.refusals) }
        var prepared = try await prepare(savesSecrets: true, progress)
        prepared.keepOnlyWhatMembersNeed(on: name)
        return Replacement(self, host: name, preparation: prepared, rule: rule)
    }
}
