import Addressing

extension Interpreter {
    /// Checks which hosts have which roles: contrail-ha.md, section 2.2, and what it did not check.
    mutating func checkRoles() {
        checkAddressesAreKnown()
        guard rolesAreComplete, module.attribute("roledefs")?.value.entries != nil else { return }
        checkPresence()
        checkMemberCounts()
        checkOpenStackHosts()
    }

    private mutating func checkPresence() {
        let needs: [(role: Role, severity: Severity, reason: String)] = [
            (.cfgm, .error, "It runs the APIs, the message broker and the virtual IPs."),
            (.database, .error, "It runs the store, without which there is nothing to serve."),
            (.control, .warning, "Without it nothing tells compute nodes what to forward."),
            (.collector, .warning, "Without it there is no event history and no status API."),
            (.webui, .warning, "Without it there is no console behind the virtual IPs."),
            (.build, .note, "Skein takes the machine that it runs on."),
        ]
        for need in needs where !rolesOfContainers.contains(need.role) {
            guard roles[need.role.rawValue]?.isEmpty ?? true else { continue }
            report(
                .missingRole, need.severity, at: module.attribute("roledefs")?.range ?? rangeOfRole(need.role),
                subject: "role '\(need.role.rawValue)'", "no host has role '\(need.role.rawValue)'",
                reason: need.reason, proposal: "Add '\(need.role.rawValue)': [host1, ...] to env.roledefs.")
        }
    }

    private mutating func checkMemberCounts() {
        let controllers = managed(.cfgm)
        let databases = managed(.database)
        let place = rangeOfRole(.database)
        if databases.count == 2 {
            report(
                .evenMembers, .error, at: place, subject: "role 'database'", "role 'database' has exactly 2 hosts",
                reason: "The store needs a majority, and of two that is both: either's failure stops everything, "
                    + "so two are worse than one.",
                proposal: "List one or three hosts.")
        } else if databases.count > 2, databases.count.isMultiple(of: 2) {
            reportEven(.database, databases.count, "the store")
        }
        if controllers.count >= 2, controllers.count.isMultiple(of: 2) {
            reportEven(.cfgm, controllers.count, "the message broker")
        }
        checkDatabaseSubset(controllers, databases)
        guard controllers.count > 1 else { return }
        let single: [(role: Role, severity: Severity, loss: String)] = [
            (.database, .warning, "the store, and with it every API, stands still"),
            (.control, .note, "compute nodes get no changes"),
            (.collector, .note, "events wait in the broker and the status API is away"),
            (.webui, .note, "the console is away"),
        ]
        for (role, severity, loss) in single where managed(role).count == 1 {
            if role == .database, findings.contains(.databaseSubset) { continue }
            report(
                .noRedundancy, severity, at: rangeOfRole(role), subject: "role '\(role.rawValue)'",
                "role '\(role.rawValue)' is on one host only", reason: "When that host fails, \(loss).",
                proposal: "List it on as many hosts as role 'cfgm'.")
        }
    }

    private mutating func reportEven(_ role: Role, _ count: Int, _ what: String) {
        report(
            .evenMembers, .warning, at: rangeOfRole(role), subject: "role '\(role.rawValue)'",
            "role '\(role.rawValue)' has \(count) hosts, an even number",
            reason:
                "\(what.prefix(1).uppercased() + what.dropFirst()) needs a majority: \(count) hosts survive no more "
                + "failures than \(count - 1), and a cut into equal halves stops both.",
            proposal: "List \(count - 1) or \(count + 1) hosts.")
    }

    private mutating func checkDatabaseSubset(_ controllers: [Testbed.Host], _ databases: [Testbed.Host]) {
        let all = Set(controllers.map(\.hostString))
        let some = Set(databases.map(\.hostString))
        guard !some.isEmpty, some.isStrictSubset(of: all) else { return }
        report(
            .databaseSubset, .error, at: rangeOfRole(.database), subject: "role 'database'",
            "role 'database' has only some of the hosts of role 'cfgm'",
            reason:
                "The original refuses it: some controllers would have a store beside them and others not, and fewer "
                + "failures are survived than the number of controllers promises.",
            proposal: "List the same hosts in both roles, or put 'database' on other hosts.")
    }

    private mutating func checkOpenStackHosts() {
        let members = hosts.filter { $0.roles.contains(.openstack) }
        let foreign = members.filter { !$0.isManaged }
        guard let first = foreign.first else { return }
        let range = rangeOfRole(.openstack)
        if foreign.count == members.count {
            let names = foreign.prefix(3).map(\.hostString).joined(separator: ", ") + (foreign.count > 3 ? ", ..." : "")
            report(
                .thirdPartyOpenStack, .note, at: range, subject: "role 'openstack'",
                "the OpenStack \(foreign.count == 1 ? "host" : "hosts") \(names) belong\(foreign.count == 1 ? "s" : "") "
                    + "to somebody else: not in role 'all'",
                reason: "Skein does not log in there and changes nothing; it only talks to Keystone.",
                proposal: "Nothing to do if this is meant; else add \(foreign.count == 1 ? "it" : "them") to 'all'.")
        } else {
            report(
                .openStackPartlyManaged, .warning, at: range, subject: "role 'openstack'",
                "some OpenStack hosts are in role 'all' and some are not, such as \(first.hostString)",
                reason: "Skein manages the former and leaves the latter alone.",
                proposal: "Add all of them to 'all', or none.")
        }
    }

    // MARK: Addresses

    /// Looks for hosts that share an address.
    mutating func checkAddresses() {
        var owners: [String: Testbed.Host] = [:]
        for host in hosts where host.isManaged {
            if let other = owners[host.address] {
                let member = roles.values.joined().first { $0.hostString == host.hostString }
                report(
                    .duplicateHost, .error, at: member?.origin ?? rangeOfRole(.cfgm), subject: host.hostString,
                    "\(host.hostString) and \(other.hostString) have the same address",
                    reason: "They are one machine, which would count as two members.",
                    proposal: "Use one host string for it everywhere, or correct the address.")
            } else {
                owners[host.address] = host
            }
        }
    }

    /// Checks control addresses against each other, and that they are addresses where they must be.
    private mutating func checkAddressesAreKnown() {
        var owners: [IPAddress: Testbed.Host] = [:]
        for host in hosts {
            guard let control = host.control?.address else { continue }
            if let other = owners[control], other.address != host.address {
                report(
                    .duplicateHost, .error, at: module.variable("control_data")?.range ?? rangeOfRole(.cfgm),
                    subject: host.hostString,
                    "control_data gives \(other.hostString) and \(host.hostString) the same address \(control)",
                    reason: "Two machines with one address reach nobody reliably.",
                    proposal: "Correct one of the two.")
            }
            owners[control] = host
        }
        for host in hosts where host.isManaged && host.control == nil && IPAddress(host.address) == nil {
            let isMember = host.roles.contains(.cfgm) || host.roles.contains(.database)
            let place = roles["all"]?.first { $0.hostString == host.hostString }?.origin
            guard !isUnreadable(.variable, "control_data") else { continue }
            report(
                .hostByName, isMember ? .error : .note, at: place ?? rangeOfRole(.cfgm), subject: host.hostString,
                "\(host.hostString) is given by its name, and control_data has no address for it",
                reason: isMember
                    ? "The store, the broker and the virtual IPs listen on an address, which a name does not tell."
                    : "Whether the virtual IPs are in the right network cannot be checked for it.",
                proposal: "Write the host's address, or add it to control_data.")
        }
    }
}
