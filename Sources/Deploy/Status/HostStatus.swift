import JSON

/// The state of one service on one host, in the words of `contrail-status`.
package struct ServiceState: Hashable, Sendable {
    package enum State: String, Hashable, Sendable {
        case active
        /// Runs, and another node does its work at the moment.
        case backup
        case initializing
        case inactive
        case failed
        case timeout
    }

    package var name: String
    package var state: State
    /// Why it is in this state; empty when it is active.
    package var reason: String

    package init(_ name: String, _ state: State, _ reason: String = "") {
        self.name = name
        self.state = state
        self.reason = reason
    }

    package var isWell: Bool { state == .active || state == .backup }

    /// As `contrail-status` prints it: the name in 30 columns, the state, the reason in brackets.
    var line: String {
        let padding = String(repeating: " ", count: max(1, 30 - name.count))
        return name + padding + state.rawValue + (reason.isEmpty ? "" : " (\(reason))")
    }

    var json: JSONValue {
        ["name": .string(name), "state": .string(state.rawValue), "reason": .string(reason)]
    }
}

/// One host with its services, in the sections of `contrail-status`.
package struct HostStatus: Hashable, Sendable {
    package struct Section: Hashable, Sendable {
        package var title: String
        package var services: [ServiceState]
    }

    package var name: String
    package var address: String
    /// Why the host could not be asked; its services are not known then.
    package var failure: String?
    package var sections: [Section]
    /// Which virtual IPs it holds.
    package var virtualIPs: [String]
    /// The broker nodes that this host's broker sees running; nil when it could not be asked.
    var brokerNodes: Set<String>?
    /// Why this controller's notices wait; nil when they do not.
    var waiting: String?
    /// Which notices were not published and will not be; the same on every controller that has caught up. Nil when it could
    /// not be asked.
    var lostNotices: [String]?
    /// Which objects this controller cannot read; nil when it can read all, or could not be asked.
    var unreadable: String?
    /// The id of the store that this host's member belongs to; nil when it could not be asked.
    var storeID: String?
    /// The URLs of the members that it knows, at which they reach each other; empty when it could not be asked.
    var storeMembers: Set<String> = []

    package var certificates: [CertificateStatus] = []

    package var isWell: Bool {
        failure == nil && sections.allSatisfy { $0.services.allSatisfy(\.isWell) } && certificates.allSatisfy(\.isWell)
    }

    var text: String {
        var text = "\(name) (\(address))\n"
        if let failure { return text + "    not reachable: \(failure)\n" }
        for section in sections {
            text += "== Contrail \(section.title) ==\n" + section.services.map { $0.line + "\n" }.joined() + "\n"
        }
        if !certificates.isEmpty {
            text += "== Certificates ==\n" + certificates.map { $0.line + "\n" }.joined() + "\n"
        }
        if sections.isEmpty { text += "\n" }
        return text
    }

    var json: JSONValue {
        [
            "name": .string(name), "address": .string(address),
            "failure": failure.map { .string($0) } ?? .null,
            "virtual_ips": .array(virtualIPs.map { .string($0) }),
            "sections": .array(
                sections.map { ["title": .string($0.title), "services": .array($0.services.map(\.json))] }),
            "certificates": .array(certificates.map(\.json)),
        ]
    }
}

/// The whole installation at one moment.
package struct InstallationStatus: Hashable, Sendable {
    package var hosts: [HostStatus]
    /// What is wrong that belongs to no single service: a virtual IP on no host or on two, a broker in two parts.
    package var problems: [String]

    package var isWell: Bool { problems.isEmpty && hosts.allSatisfy(\.isWell) }

    /// What is well and will not be for long.
    package var warnings: [String] {
        hosts.flatMap { host in
            host.certificates.filter(\.isWell).compactMap { $0.complaint.map { "\(host.name): \($0)" } }
        }
    }

    package var text: String {
        let summary = isWell ? ["Everything is active.\n"] : problems.map { "Problem: \($0)\n" }
        return hosts.map(\.text).joined(separator: "\n") + (summary.isEmpty ? "" : "\n") + summary.joined()
            + warnings.map { "Warning: \($0)\n" }.joined()
    }

    package var json: JSONValue {
        [
            "well": .bool(isWell), "problems": .array(problems.map { .string($0) }),
            "warnings": .array(warnings.map { .string($0) }),
            "hosts": .array(hosts.map(\.json)),
        ]
    }
}
