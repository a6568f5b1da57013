import Addressing

extension Interpreter {
    /// Makes the hosts of all roles that Skein acts on: managed ones in the order of `all`, then the others.
    mutating func readHosts() {
        guard !roles.isEmpty else { return }
        let all = managedMembers()
        var order = all
        let managed = Set(all.map(\.hostString))
        var known = managed
        for role in [Role.openstack] + Role.allCases {
            for member in roles[role.rawValue] ?? [] where known.insert(member.hostString).inserted {
                order.append(member)
            }
        }
        if order.count > TestbedLimits.hosts {
            report(
                .limitExceeded, .error, at: order[TestbedLimits.hosts].range, subject: "env.roledefs",
                "there are more than \(TestbedLimits.hosts) hosts",
                reason: "Skein deploys to at most that many from one file.",
                proposal: "Split the installation, or leave out hosts without a role.")
            order.removeLast(order.count - TestbedLimits.hosts)
        }
        var rolesOfHost: [String: [Role]] = [:]
        for role in Role.allCases {
            for member in roles[role.rawValue] ?? [] { rolesOfHost[member.hostString, default: []].append(role) }
        }
        for member in order {
            addHost(member, rolesOfHost[member.hostString] ?? [], isManaged: managed.contains(member.hostString))
        }
        readHostNames()
        readPasswords()
        checkAddresses()
    }

    /// The members of `all`; when there is no such role, everything that Skein would run something on.
    private mutating func managedMembers() -> [RoleMember] {
        if let all = roles["all"], !all.isEmpty { return all }
        if rolesAreComplete {
            report(
                .missingRole, .error, at: module.attribute("roledefs")?.range ?? SourceRange(start: 0, end: 0),
                subject: "role 'all'", "env.roledefs has no role 'all', or it is empty",
                reason:
                    "It lists the hosts that Skein may manage; OpenStack hosts outside of it belong to somebody else.",
                proposal: "Write 'all': [host1, host2, ...] with every host that Skein shall manage.")
        }
        var members: [RoleMember] = []
        var seen: Set<String> = []
        for role in Role.allCases where role != .build && role != .openstack {
            for member in roles[role.rawValue] ?? [] where seen.insert(member.hostString).inserted {
                members.append(member)
            }
        }
        return members
    }

    private mutating func addHost(_ member: RoleMember, _ roles: [Role], isManaged: Bool) {
        let parsed: HostString
        do {
            parsed = try HostString(member.hostString)
        } catch {
            rolesAreComplete = false
            return report(
                error.code, .error, at: member.origin, subject: member.hostString, error.message,
                reason:
                    "Skein logs in to every host by its host string, and takes the address as the management address.",
                proposal: error.proposal)
        }
        var user = parsed.user
        if user == nil {
            user = setting(.environment, "user").flatMap { text($0) } ?? "root"
            report(
                .hostWithoutUser, .warning, at: member.origin, subject: member.hostString,
                "the host string '\(member.hostString)' has no user; Skein logs in as '\(user ?? "root")'",
                reason: "The original would have taken the name of whoever ran it.",
                proposal: "Write 'root@\(parsed.address)'.")
        }
        if !isManaged { checkUnmanaged(member, roles) }
        if isManaged, roles.isEmpty, !isInForeignRole(member) {
            report(
                .hostWithoutRole, .note, at: member.range, subject: member.hostString,
                "\(member.hostString) is in role 'all' and has no other role", reason: "Skein puts nothing on it.",
                proposal: "Give it a role, or remove it.")
        }
        hostIndex[member.hostString] = hosts.count
        hosts.append(
            Testbed.Host(
                hostString: member.hostString, name: Self.madeName(parsed.address), user: user ?? "root",
                address: IPAddress(parsed.address)?.description ?? parsed.address, roles: roles, isManaged: isManaged))
    }

    private func isInForeignRole(_ member: RoleMember) -> Bool {
        roles.contains { name, members in name != "all" && members.contains { $0.hostString == member.hostString } }
    }

    private mutating func checkUnmanaged(_ member: RoleMember, _ hostRoles: [Role]) {
        for role in hostRoles where role != .build && role != .openstack {
            guard let place = roles[role.rawValue]?.first(where: { $0.hostString == member.hostString }) else {
                continue
            }
            report(
                .hostNotInAll, .error, at: place.range, subject: member.hostString,
                "\(member.hostString) has role '\(role.rawValue)' and is not in role 'all'",
                reason: "Skein manages only what 'all' lists, so nothing would run there.",
                proposal: "Add it to 'all', or take it out of '\(role.rawValue)'.")
        }
    }

    /// `host-192-0-2-11`.
    static func madeName(_ address: String) -> String {
        let parts = address.lowercased().split { !$0.isLetter && !$0.isNumber }
        return "host-" + parts.joined(separator: "-")
    }

    // MARK: Names and passwords

    private mutating func readHostNames() {
        guard let setting = setting(.environment, "hostnames") else { return }
        guard let entries = setting.value.entries else {
            return wrongType(setting, "a dict", "Write env.hostnames = { host1: 'name1', ... }.")
        }
        for entry in entries {
            if entry.key.stringValue == "all", let names = entry.value.elements {
                readPositionalNames(names, entry)
            } else if let host = entry.key.stringValue, let index = index(ofHost: host, entry, in: "env.hostnames") {
                setName(entry.value, ofHost: index)
            }
        }
        checkDuplicateNames(setting)
    }

    private mutating func readPositionalNames(_ names: [PythonValue], _ entry: PythonValue.Entry) {
        report(
            .hostnamesPositional, .warning, at: entry.key.range, subject: "env.hostnames['all']",
            "env.hostnames['all'] matches names with hosts by their position",
            reason: "One host more or less in role 'all' gives every host behind it another's name.",
            proposal: "Write env.hostnames = { host1: 'name1', host2: 'name2', ... }.")
        let managed = hosts.indices.filter { hosts[$0].isManaged }
        for (index, name) in zip(managed, names) { setName(name, ofHost: index) }
        guard managed.count != names.count, rolesAreComplete else { return }
        report(
            .hostnamesMismatch, .warning, at: entry.value.range, subject: "env.hostnames['all']",
            "env.hostnames['all'] has \(Count.of(names.count, "name")) for \(Count.of(managed.count, "host"))",
            reason: names.count < managed.count
                ? "The hosts without a name get one made from their address." : "The names at the end are not used.",
            proposal: "Give each host of role 'all' its name, in the same order, or write host : name pairs.")
    }

    private mutating func setName(_ value: PythonValue, ofHost index: Int) {
        guard let name = value.stringValue else {
            return wrongType("the name of \(hosts[index].hostString)", value, "a string", "Write the name in quotes.")
        }
        guard DNSName.isValid(name) else {
            return report(
                .badHostname, .error, at: value.range, subject: hosts[index].hostString,
                "'\(name)' cannot be a host name",
                reason: "Services use it in addresses and member lists: letters, digits and dashes, with dots between.",
                proposal: "Write the name that 'hostname' prints on the host.")
        }
        hosts[index].name = name
    }

    private mutating func checkDuplicateNames(_ setting: Setting) {
        var first: [String: Testbed.Host] = [:]
        for host in hosts {
            guard let other = first[host.name] else {
                first[host.name] = host
                continue
            }
            guard other.address != host.address, other.isManaged || host.isManaged else { continue }
            report(
                .duplicateHostname, .error, at: setting.keyRange, subject: host.name,
                "\(other.hostString) and \(host.hostString) are both called '\(host.name)'",
                reason: "Members of the store and of the broker are told apart by their names.",
                proposal: "Give each host its own name.")
        }
    }

    private mutating func readPasswords() {
        let common = setting(.environment, "password").flatMap { text($0) }
        for index in hosts.indices { hosts[index].password = common }
        if let setting = setting(.environment, "passwords") {
            guard let entries = setting.value.entries else {
                return wrongType(setting, "a dict", "Write env.passwords = { host1: 'PASSWORD', ... }.")
            }
            for entry in entries {
                guard let host = entry.key.stringValue,
                    let index = index(ofHost: host, entry, in: "env.passwords")
                else { continue }
                guard let password = entry.value.stringValue else {
                    wrongType("the password of \(host)", entry.value, "a string", "Write it in quotes.")
                    continue
                }
                hosts[index].password = password.isEmpty ? common : password
            }
        }
        checkPasswords()
    }

    /// The host that a table's key names; an unknown one is reported.
    mutating func index(ofHost hostString: String, _ entry: PythonValue.Entry, in table: String) -> Int? {
        if let index = hostIndex[hostString] { return index }
        guard !findings.isFull else { return nil }
        let isListed = roles.values.contains { $0.contains { $0.hostString == hostString } }
        if !isListed, rolesAreComplete {
            let isControl = table == "control_data"
            report(
                .unknownHost, isControl ? .warning : .note, at: entry.key.range, subject: hostString,
                "\(table) has an entry for \(hostString), which has no role",
                reason: "The entry has no effect.", proposal: "Give the host a role, or remove the entry.")
        }
        return nil
    }
}

/// Numbers with their nouns.
enum Count {
    static func of(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
}
