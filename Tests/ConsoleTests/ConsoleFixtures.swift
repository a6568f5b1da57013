import Console
import Foundation
import Keystone
import Synchronization

/// A cluster whose state the test sets.
final class FixedCluster: ClusterStateSource {
    private let current: Mutex<ClusterState>

    init(_ state: ClusterState = .healthy) { current = Mutex(state) }

    func set(_ state: ClusterState) { current.withLock { $0 = state } }
    func state() async -> ClusterState { current.withLock { $0 } }
}

/// Rows as a test wants them.
struct FixedListing: NetworkListing {
    var networks: [NetworkRow] = []
    var ports: [PortRow] = []
    var staleness: String?
    var pageSize = 50

    func networks(for session: ConsoleSession, search: String, page: Int) async -> ListPage<NetworkRow> {
        ListPage(
            of: networks.filter { search.isEmpty || $0.name.contains(search) }, number: page, size: pageSize,
            staleness: staleness
        ) { $0 }
    }

    func network(_ id: String, for session: ConsoleSession) async -> NetworkDetails? {
        networks.first { $0.id == id }.map { network in
            NetworkDetails(
                network: network, mtu: 1450,
                subnets: network.subnets.map {
                    SubnetRow(
                        id: "s", name: "subnet", block: $0, gateway: "10.1.0.1", pools: ["10.1.0.2 to 10.1.0.254"],
                        hasDHCP: true)
                }, staleness: staleness)
        }
    }

    func ports(
        for session: ConsoleSession, search: String, network: String?, page: Int
    ) async -> ListPage<PortRow> {
        ListPage(
            of: ports.filter {
                (search.isEmpty || $0.name.contains(search)) && (network == nil || network == $0.networkID)
            }, number: page, size: pageSize, staleness: staleness
        ) { $0 }
    }
}

/// One user, or nobody as long as Keystone is away.
struct FixedSignIn: SignIn {
    var isAvailable = true
    var form: SignInForm { .password(project: "admin", domain: "Default") }

    func identity(of attempt: SignInAttempt) async throws(KeystoneError) -> Identity {
        guard isAvailable else {
            throw KeystoneError(.unavailable, "Keystone at http://192.0.2.5:5000/v3 cannot be used")
        }
        guard attempt.user == "ada", attempt.password == "engine", attempt.project == "admin" else {
            throw KeystoneError(.unauthorized, "no")
        }
        return Identity(
            userID: "u", userName: "ada", projectID: "0123456789abcdef0123456789abcdef", projectName: "admin",
            roles: ["admin"], expiresAt: .now.addingTimeInterval(3600))
    }
}

extension ClusterState {
    /// Three controllers, all well.
    static var healthy: ClusterState {
        let names = ["ctl1", "ctl2", "ctl3"]
        return ClusterState(
            time: Date(timeIntervalSince1970: 1_795_356_000), observer: "ctl1", revision: 4711,
            hosts: names.enumerated().map { index, name in
                Host(
                    name: name, address: "172.16.41.\(index + 11)",
                    services: ["config", "neutron", "console", "collector", "control"].map {
                        Service(name: "skein-\($0)", state: "active")
                    })
            },
            virtualIPs: [
                VirtualIP(name: "internal", address: "172.16.41.100", owners: ["ctl2"]),
                VirtualIP(name: "external", address: "10.88.125.75", owners: ["ctl2"]),
            ],
            storeMembers: names.enumerated().map { index, name in
                Member(
                    name: name, endpoint: "https://172.16.41.\(index + 11):2379", isHealthy: true, isLeader: index == 0)
            }, isStoreWritable: true,
            brokerMembers: names.enumerated().map { index, name in
                Member(
                    name: name, endpoint: "172.16.41.\(index + 11):5671", isHealthy: true, users: [name])
            },
            leaders: [Leader(task: "outbox", node: "ctl3")])
    }

    /// One controller gone without a word, and what follows from that.
    static var degraded: ClusterState {
        var state = healthy
        state.hosts[2].silence = "no answer within 1.5 seconds"
        state.hosts[2].services = []
        state.storeMembers[2].isHealthy = false
        state.storeMembers[2].reason = "connection refused"
        state.brokerMembers[2].isHealthy = false
        state.brokerMembers[2].reason = "no route to host"
        state.brokerMembers[2].users = []
        return state
    }
}
