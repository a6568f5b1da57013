extension Interpreter {
    /// Passwords of the original's examples and of its test beds, and the usual ones.
    private static let knownPasswords: Set<String> = [
        "contrail123", "c0ntrail123", "juniper123", "juniper", "embe1mpls", "secret", "secret123", "password",
        "password123", "passw0rd", "admin", "admin123", "root", "root123", "openstack", "guest", "changeme", "123456",
        "contrail",
    ]

    static func isWellKnown(_ password: String) -> Bool { knownPasswords.contains(password.lowercased()) }

    /// Looks at the passwords of hosts.
    mutating func checkPasswords() {
        let table = find(.environment, "passwords")?.value.entries ?? []
        var values = table.map { (name: $0.key.stringValue ?? "a host", value: $0.value) }
        if let common = find(.environment, "password") { values.append(("env.password", common.value)) }
        let present = values.filter { !($0.value.stringValue ?? "").isEmpty }
        let known = present.filter { Self.isWellKnown($0.value.stringValue ?? "") }
        if let first = known.first {
            let others = known.count - 1
            report(
                .defaultPassword, .warning, at: first.value.range, subject: first.name,
                "the password of \(first.name)" + (others > 0 ? " and \(Count.of(others, "other host"))" : "")
                    + " is one that everybody knows",
                reason: "It is in the original's examples or on every list that attackers try first.",
                proposal: "Change it on the hosts, and log in with a key: env.key_filename = '/root/.ssh/id_ed25519'.")
        }
        if let first = present.first {
            report(
                .plainPassword, .note, at: first.value.range, subject: "env.passwords",
                "this file has \(Count.of(present.count, "host password")) in clear text",
                reason: "Whoever can read the file can log in to the hosts.",
                proposal:
                    "Use a key: env.key_filename = '/root/.ssh/id_ed25519'; or keep the file readable for you only.")
        }
        let without = hosts.filter { $0.isManaged && $0.password == nil }
        guard let first = without.first, find(.environment, "key_filename") == nil,
            !isUnreadable(.environment, "passwords")
        else { return }
        report(
            .missingPassword, .note,
            at: module.attribute("passwords")?.range ?? module.attribute("roledefs")?.range
                ?? SourceRange(start: 0, end: 0),
            subject: first.hostString,
            "there is no password for \(first.hostString)"
                + (without.count > 1 ? " and \(Count.of(without.count - 1, "other host"))" : "")
                + ", and no env.key_filename",
            reason: "SSH will use your agent and the default keys of the build host.",
            proposal: "Nothing to do if 'ssh \(first.hostString)' works without a question; else set env.key_filename.")
    }

    /// Reports a password of a setting that everybody knows or that is a placeholder.
    mutating func checkPassword(_ password: String, _ setting: Setting) {
        if Self.isWellKnown(password) {
            report(
                .defaultPassword, .warning, at: setting.value.range, subject: setting.subject,
                "\(setting.subject) is a password that everybody knows",
                reason: "It is in the original's examples or on every list that attackers try first.",
                proposal: "Change it in Keystone, and write the new one here.")
        } else if Placeholder.isPlaceholder(password) {
            report(
                .placeholder, .warning, at: setting.value.range, subject: setting.subject,
                "\(setting.subject) looks like a placeholder, not like a password",
                reason: "Keystone would refuse it.", proposal: "Write the password.")
        }
    }
}
