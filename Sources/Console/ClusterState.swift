import FoundationEssentials

/// The state of an installation as one controller sees it.
package struct ClusterState: Hashable, Sendable {
    /// How something is doing. Unknown is not healthy.
    package enum Health: String, Hashable, Sendable, Comparable {
        case ok
        /// Not as it should be; the installation goes on serving.
        case degraded
        case failed

        package static func < (left: Health, right: Health) -> Bool { left.rank < right.rank }

        private var rank: Int {
            switch self {
            case .ok: 0
            case .degraded: 1
            case .failed: 2
            }
        }
    }

    package struct Service: Hashable, Sendable {
        package var name: String
        /// In contrail-status' words: `active`, `initializing`, `backup`, …
        package var state: String
        /// Why it is not active; empty when it is.
        package var reason: String

        package init(name: String, state: String, reason: String = "") {
            self.name = name
            self.state = state
            self.reason = reason
        }

        package var health: Health {
            switch state {
            case "active", "backup": .ok
            case "initializing": .degraded
            default: .failed
            }
        }
    }

    package struct Host: Hashable, Sendable {
        package var name: String
        package var address: String
        /// Why it says nothing about itself; nil when it does.
        package var silence: String?
        /// Why it takes no requests; nil when it does.
        package var unreadiness: String?
        package var services: [Service]

        package init(
            name: String, address: String, silence: String? = nil, unreadiness: String? = nil, services: [Service] = []
        ) {
            self.name = name
            self.address = address
            self.silence = silence
            self.unreadiness = unreadiness
            self.services = services
        }

        package var health: Health {
            if silence != nil { return .failed }
            let worst = services.map(\.health).max() ?? .ok
            return unreadiness == nil ? worst : max(.degraded, worst)
        }
    }

    package struct VirtualIP: Hashable, Sendable {
        /// `internal` or `external`.
        package var name: String
        package var address: String
        /// The hosts that have the address: one when all is well.
        package var owners: [String]

        package init(name: String, address: String, owners: [String]) {
            self.name = name
            self.address = address
            self.owners = owners
        }

        package var health: Health { owners.count == 1 ? .ok : .failed }
    }

    /// A member of the store or of the broker.
    package struct Member: Hashable, Sendable {
        package var name: String
        package var endpoint: String
        package var isHealthy: Bool
        package var isLeader: Bool
        /// Why it is not healthy; empty when it is.
        package var reason: String
        /// The hosts that are connected to it (broker only).
        package var users: [String]

        package init(
            name: String, endpoint: String, isHealthy: Bool, isLeader: Bool = false, reason: String = "",
            users: [String] = []
        ) {
            self.name = name
            self.endpoint = endpoint
            self.isHealthy = isHealthy
            self.isLeader = isLeader
            self.reason = reason
            self.users = users
        }
    }

    /// A task that one controller at a time does for all.
    package struct Leader: Hashable, Sendable {
        package var task: String
        package var node: String

        package init(task: String, node: String) {
            self.task = task
            self.node = node
        }
    }

    package var time: Date
    /// The controller whose word on the store counts here.
    package var observer: String
    package var revision: Int
    package var hosts: [Host]
    package var virtualIPs: [VirtualIP]
    package var storeMembers: [Member]
    /// Whether the store takes writes; nil when nobody says.
    package var isStoreWritable: Bool?
    package var storeAlarms: [String]
    package var brokerMembers: [Member]
    package var leaders: [Leader]
    /// Notices that are committed and not yet with the broker.
    package var waitingNotices: Int

    package init(
        time: Date, observer: String, revision: Int = 0, hosts: [Host] = [], virtualIPs: [VirtualIP] = [],
        storeMembers: [Member] = [], isStoreWritable: Bool? = nil, storeAlarms: [String] = [],
        brokerMembers: [Member] = [], leaders: [Leader] = [], waitingNotices: Int = 0
    ) {
        self.time = time
        self.observer = observer
        self.revision = revision
        self.hosts = hosts
        self.virtualIPs = virtualIPs
        self.storeMembers = storeMembers
        self.isStoreWritable = isStoreWritable
        self.storeAlarms = storeAlarms
        self.brokerMembers = brokerMembers
        self.leaders = leaders
        self.waitingNotices = waitingNotices
    }
}

extension ClusterState {
    /// Everything that is not as it should be, the worst first, each a sentence.
    package var problems: [String] {
        var problems: [String] = []
        switch isStoreWritable {
        case false?: problems.append("The store has no majority: changes are refused until it has one again.")
        case nil: problems.append("No controller says how the store is.")
        case true?: break
        }
        for ip in virtualIPs where ip.health != .ok {
            problems.append(
                ip.owners.isEmpty
                    ? "No controller that answers has the \(ip.name) virtual IP \(ip.address)."
                    : "The \(ip.name) virtual IP \(ip.address) is on \(ip.owners.joined(separator: " and ")) at once.")
        }
        for host in hosts {
            if let silence = host.silence {
                problems.append("\(host.name) does not answer: \(silence).")
            } else if let unreadiness = host.unreadiness {
                problems.append("\(host.name) takes no requests: \(unreadiness).")
            }
            for service in host.services where service.health != .ok {
                let reason = service.reason.isEmpty ? "" : ": \(service.reason)"
                problems.append("\(service.name) on \(host.name) is \(service.state)\(reason).")
            }
        }
        for (kind, members) in [("Store", storeMembers), ("Broker", brokerMembers)] {
            for member in members where !member.isHealthy {
                let reason = member.reason.isEmpty ? "" : ": \(member.reason)"
                problems.append("\(kind) member \(member.name) is not healthy\(reason).")
            }
        }
        problems += storeAlarms.map { "The store raises an alarm: \($0)." }
        return problems
    }

    /// How the installation as a whole is doing.
    package var health: Health {
        if isStoreWritable != true || virtualIPs.contains(where: { $0.health == .failed }) { return .failed }
        return problems.isEmpty ? .ok : .degraded
    }

    /// The same in a sentence.
    package var headline: String {
        let answering = hosts.count { $0.silence == nil }
        switch health {
        case .ok: return hosts.count == 1 ? "Everything works." : "Everything works on \(hosts.count) controllers."
        case .degraded: return "The installation serves; \(answering) of \(hosts.count) controllers answer."
        case .failed:
            return "The installation does not serve as it should; \(answering) of \(hosts.count) controllers answer."
        }
    }
}
