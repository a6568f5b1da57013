/// How Neutron's entry in Keystone stands, and what was done about it.
package struct RegistrationReport: Hashable, Sendable {
    /// Everything that must be there, each with its state now.
    package var findings: [RegistrationFinding]
    /// What this run has created, such as `user neutron`.
    package var created: [String]

    package init(findings: [RegistrationFinding], created: [String] = []) {
        self.findings = findings
        self.created = created
    }

    /// Whether everything is there as it should be.
    package var isComplete: Bool { findings.allSatisfy { $0.status == .present } }

    package var missing: [RegistrationFinding] { findings.filter { $0.status == .missing } }

    /// What is there in another form: shown to the operator, left alone.
    package var differences: [RegistrationFinding] {
        findings.filter { if case .different = $0.status { true } else { false } }
    }

    /// What stands in the way of an installation that works.
    package var blockers: [RegistrationFinding] { findings.filter(\.isBlocking) }

    /// The `openstack` commands that create everything that is missing, one a line, in an order that works.
    package var commands: String {
        missing.map { $0.command + "\n" }.joined()
    }

    /// The state of each entry for people: one line each, with what to do under those that differ.
    package var text: String {
        findings.map { finding in
            switch finding.status {
            case .present: "present    \(finding.subject)\n"
            case .missing: "missing    \(finding.subject)\n           \(finding.command)\n"
            case .different(let found, let advice):
                "different  \(finding.subject): \(found)\n           \(advice)\n"
            }
        }.joined()
    }
}
