extension Interpreter {
    /// Reads `env.roledefs` into ``roles``.
    mutating func readRoles() {
        guard let setting = find(.environment, "roledefs") else {
            rolesAreComplete = false
            return report(
                .missingRoledefs, .error, at: SourceRange(start: source.start, end: source.start),
                subject: "env.roledefs", "the file assigns no env.roledefs",
                reason: "It tells which hosts there are and what runs on them.",
                proposal: "Write env.roledefs = { 'all': [host1, ...], 'cfgm': [...], 'database': [...], ... }.")
        }
        guard let entries = setting.value.entries else {
            rolesAreComplete = false
            return wrongType(setting, "a dict", "Write env.roledefs = { 'ROLE': [HOST, ...], ... }.")
        }
        for entry in entries {
            guard let name = entry.key.stringValue else {
                wrongType("a role of env.roledefs", entry.key, "a string", "Write the role's name in quotes.")
                continue
            }
            let members = members(of: name, entry.value)
            roles[name] = members
            checkRoleName(name, at: entry.key.range, in: entries.compactMap(\.key.stringValue))
        }
    }

    private mutating func members(of role: String, _ value: PythonValue) -> [RoleMember] {
        let subject = "role '\(role)'"
        guard let elements = value.elements else {
            rolesAreComplete = false
            if case .none = value.kind { return [] }
            wrongType(subject, value, "a list of hosts", "Write it in brackets: [host1, host2].")
            return []
        }
        var members: [RoleMember] = []
        var seen: Set<String> = []
        for element in elements {
            guard let text = element.stringValue else {
                rolesAreComplete = false
                wrongType("a member of \(subject)", element, "a host string", "List the hosts one by one.")
                continue
            }
            guard seen.insert(text).inserted else {
                report(
                    .duplicateHost, .warning, at: element.range, subject: text,
                    "\(text) is in \(subject) twice; Skein takes it once",
                    reason: "Counting it twice would make the members look like more than they are.",
                    proposal: "Remove one of the two, or name the host that is meant.")
                continue
            }
            members.append(RoleMember(hostString: text, range: element.range, origin: element.origin))
        }
        return members
    }

    private mutating func checkRoleName(_ name: String, at range: SourceRange, in names: [String]) {
        switch RoleTable.meaning(of: name) {
        case .all, .acted: break
        case .unused(let reason):
            report(
                .unusedRole, .note, at: range, subject: "role '\(name)'", "role '\(name)' is not used by Skein",
                reason: reason, proposal: "It can stay or go.")
        case .container(let stands):
            let missing = stands.filter { !names.contains($0.rawValue) }
            let list = stands.map { "'\($0.rawValue)'" }.joined(separator: ", ")
            report(
                .containerRole, missing.isEmpty ? .warning : .error, at: range, subject: "role '\(name)'",
                "role '\(name)' belongs to the containers of Contrail 4; Skein does not read it",
                reason: stands.isEmpty
                    ? "Skein puts its own load balancer on the cfgm hosts."
                    : "It put several services into one container; Skein places each by its own role.",
                proposal: stands.isEmpty ? "Remove it." : "List its hosts in \(list) instead.")
        case nil:
            let similar = Spelling.closest(to: name, among: RoleTable.names)
            report(
                .unknownRole, .warning, at: range, subject: "role '\(name)'",
                "role '\(name)' is not known; nothing will run for it",
                reason: "A mistyped role leaves its hosts without the service.",
                proposal: similar.map { "Did you mean '\($0)'?" } ?? "Remove it, or check its name.")
        }
    }

    /// Roles that a container role of the file stands for; what is missing is said there.
    var rolesOfContainers: Set<Role> {
        var result: Set<Role> = []
        for name in roles.keys {
            if case .container(let stands)? = RoleTable.meaning(of: name) { result.formUnion(stands) }
        }
        return result
    }

    /// The members of a role that Skein manages.
    func managed(_ role: Role) -> [Testbed.Host] { hosts.filter { $0.isManaged && $0.roles.contains(role) } }

    /// Where a role's hosts are listed.
    func rangeOfRole(_ role: Role) -> SourceRange {
        let entries = module.attribute("roledefs")?.value.entries ?? []
        if let entry = entries.first(where: { $0.key.stringValue == role.rawValue }) { return entry.key.range }
        return module.attribute("roledefs")?.range ?? SourceRange(start: source.start, end: source.start)
    }
}
