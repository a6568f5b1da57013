import FoundationEssentials
import JSON

/// What a controller's status API says about itself (`GET /status`).
struct StatusReport: Hashable, Sendable {
    var node: String
    var isReady: Bool
    var reason: String?
    var revision: Int
    var services: [ClusterState.Service]
    var isStoreWritable: Bool?
    var storeAlarms: [String]
    var storeMembers: [ClusterState.Member]
    /// The broker member that it is connected to, `address:port`; nil when there is none.
    var brokerEndpoint: String?
    var leaders: [ClusterState.Leader]
    var waitingNotices: Int
    /// The addresses of its interfaces, the virtual IPs it has among them.
    var addresses: Set<String>

    /// nil when the document is not what a status API answers.
    init?(_ document: JSONValue) {
        guard let node = document["node"]?.stringValue else { return nil }
        self.node = node
        isReady = document["ready"]?.boolValue ?? false
        reason = document["reason"]?.stringValue
        revision = document["revision"]?.integerValue ?? 0
        services = (document["services"]?.arrayValue ?? []).map { service in
            ClusterState.Service(
                name: service["name"]?.stringValue ?? "", state: service["state"]?.stringValue ?? "unknown",
                reason: service["reason"]?.stringValue ?? "")
        }
        let store = document["store"]
        isStoreWritable = store?["writable"]?.boolValue
        storeAlarms = (store?["alarms"]?.arrayValue ?? []).compactMap(\.stringValue)
        storeMembers = (store?["members"]?.arrayValue ?? []).map { member in
            ClusterState.Member(
                name: member["name"]?.stringValue ?? "", endpoint: member["endpoint"]?.stringValue ?? "",
                isHealthy: member["healthy"]?.boolValue ?? false, isLeader: member["leader"]?.boolValue ?? false,
                reason: member["reason"]?.stringValue ?? "")
        }
        let broker = document["broker"]
        brokerEndpoint = broker?["connected"]?.boolValue == true ? broker?["endpoint"]?.stringValue : nil
        leaders = (document["leaders"]?.objectValue?.members ?? []).map {
            ClusterState.Leader(task: $0.name, node: $0.value.stringValue ?? "")
        }
        waitingNotices = document["waiting_notices"]?.integerValue ?? 0
        addresses = Set((document["addresses"]?.arrayValue ?? []).compactMap(\.stringValue))
    }
}

/// What the console knows of an installation before it asks anyone.
package struct ClusterLayout: Hashable, Sendable {
    package struct Controller: Hashable, Sendable {
        package var name: String
        package var address: String

        package init(name: String, address: String) {
            self.name = name
            self.address = address
        }
    }

    package struct VirtualIP: Hashable, Sendable {
        /// `internal` or `external`.
        package var name: String
        package var address: String

        package init(name: String, address: String) {
            self.name = name
            self.address = address
        }
    }

    /// The controller that the console runs on.
    package var node: String
    package var controllers: [Controller]
    /// Where each controller's status API listens.
    package var statusPort: Int
    package var virtualIPs: [VirtualIP]
    /// `address:port` of each broker member.
    package var brokerEndpoints: [String]

    package init(
        node: String, controllers: [Controller], statusPort: Int, virtualIPs: [VirtualIP] = [],
        brokerEndpoints: [String] = []
    ) {
        self.node = node
        self.controllers = controllers
        self.statusPort = statusPort
        self.virtualIPs = virtualIPs
        self.brokerEndpoints = brokerEndpoints
    }
}

/// What came of asking.
enum Inquiry<Answer: Hashable & Sendable>: Hashable, Sendable {
    case answered(Answer)
    /// Why nothing came.
    case silent(String)
}

extension ClusterState {
    /// Puts together what the controllers and the broker's members answered.
    ///
    /// - Parameters:
    ///   - reports: by the controller's name.
    ///   - brokers: whether something listens, by endpoint.
    init(
        layout: ClusterLayout, reports: [String: Inquiry<StatusReport>], brokers: [String: Inquiry<Bool>], time: Date
    ) {
        var answers: [(controller: ClusterLayout.Controller, report: StatusReport)] = []
        var hosts: [Host] = []
        for controller in layout.controllers {
            switch reports[controller.name] ?? .silent("it was not asked") {
            case .silent(let reason):
                hosts.append(Host(name: controller.name, address: controller.address, silence: reason))
            case .answered(let report):
                answers.append((controller, report))
                hosts.append(
                    Host(
                        name: controller.name, address: controller.address,
                        unreadiness: report.isReady ? nil : report.reason ?? "it says that it is not ready",
                        services: report.services))
            }
        }
        // The own controller's word first: it is the one whose sight of the store matters to who reads this. But one
        // that is cut off knows less than the others.
        let observer =
            answers.first { $0.controller.name == layout.node && $0.report.isStoreWritable == true }
            ?? answers.first { $0.report.isStoreWritable == true }
            ?? answers.first { $0.controller.name == layout.node } ?? answers.first
        self.init(
            time: time, observer: observer?.controller.name ?? "", revision: observer?.report.revision ?? 0,
            hosts: hosts,
            virtualIPs: layout.virtualIPs.map { ip in
                VirtualIP(
                    name: ip.name, address: ip.address,
                    owners: answers.filter { $0.report.addresses.contains(ip.address) }.map(\.controller.name))
            },
            storeMembers: observer?.report.storeMembers ?? [], isStoreWritable: observer?.report.isStoreWritable,
            storeAlarms: observer?.report.storeAlarms ?? [],
            brokerMembers: layout.brokerEndpoints.map { endpoint in
                let address = endpoint[..<(endpoint.lastIndex(of: ":") ?? endpoint.endIndex)]
                var member = Member(
                    name: layout.controllers.first { $0.address == address }?.name ?? String(address),
                    endpoint: endpoint, isHealthy: true,
                    users: answers.filter { $0.report.brokerEndpoint == endpoint }.map(\.controller.name))
                if case .silent(let reason)? = brokers[endpoint] {
                    member.isHealthy = false
                    member.reason = reason
                }
                return member
            },
            leaders: observer?.report.leaders ?? [], waitingNotices: observer?.report.waitingNotices ?? 0)
    }
}
