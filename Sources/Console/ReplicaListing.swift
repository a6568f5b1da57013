import Addressing
import Controller
import Model
import NeutronModel

/// Networks and ports as this controller knows them.
///
/// Up to date like every read of the APIs; when the store cannot be asked, what the controller last knew, marked as such.
package struct ReplicaListing: NetworkListing {
    private let service: ConfigService
    private static let pageSize = 100

    package init(service: ConfigService) {
        self.service = service
    }

    package func networks(for session: ConsoleSession, search: String, page: Int) async -> ListPage<NetworkRow> {
        let (state, staleness) = await newest()
        let found = state.neutron.networks.inOrder.filter { network in
            Self.sees(network, session)
                && Self.matches(
                    search,
                    [network.name, network.id.description]
                        + network.subnetIDs.compactMap { state.neutron.subnets[$0]?.cidr.description })
        }.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
        return ListPage(of: found, number: page, size: Self.pageSize, staleness: staleness) { Self.row($0, state) }
    }

    package func network(_ id: String, for session: ConsoleSession) async -> NetworkDetails? {
        let (state, staleness) = await newest()
        guard let id = ObjectID(id), let network = state.neutron.networks[id], Self.sees(network, session) else {
            return nil
        }
        let subnets = network.subnetIDs.compactMap { state.neutron.subnets[$0] }.map { subnet in
            SubnetRow(
                id: subnet.id.description, name: subnet.name, block: subnet.cidr.description,
                gateway: subnet.gateway?.description ?? "",
                pools: subnet.pools.map { "\($0.first) to \($0.last)" }, hasDHCP: subnet.enableDHCP)
        }
        return NetworkDetails(
            network: Self.row(network, state), mtu: NeutronNetwork.mtu, subnets: subnets, staleness: staleness)
    }

    package func ports(
        for session: ConsoleSession, search: String, network: String?, page: Int
    ) async -> ListPage<PortRow> {
        let (state, staleness) = await newest()
        let networkID = network.flatMap { ObjectID($0) }
        let candidates: [NeutronPort] =
            if let networkID {
                state.neutron.ports.ids(.network(networkID)).compactMap { state.neutron.ports[$0] }
            } else {
                network == nil ? Array(state.neutron.ports.inOrder) : []
            }
        let found = candidates.filter { port in
            Self.sees(port, session)
                && Self.matches(
                    search,
                    [
                        port.name, port.id.description, port.mac.description, port.deviceID, port.binding.hostID,
                    ] + port.fixedAddresses.map(\.address.description))
        }
        return ListPage(of: found, number: page, size: Self.pageSize, staleness: staleness) { Self.row($0, state) }
    }

    /// The state that every controller would show; when that cannot be had, this controller's own, and why.
    private func newest() async -> (state: ControllerState, staleness: String?) {
        if let reason = service.unreadiness { return (service.replica.state, Self.staleness(reason)) }
        do {
            return (try await service.state(), nil)
        } catch {
            return (service.replica.state, Self.staleness(error.reason))
        }
    }

    private static func staleness(_ reason: String) -> String {
        "This controller shows what it last knew, since it cannot ask the store: \(reason)."
    }

    private static func sees(_ view: some NeutronView, _ session: ConsoleSession) -> Bool {
        if session.isAdmin || view.isForEveryone { return true }
        guard let project = ObjectID(session.projectID) else { return false }
        return view.projectID == project || view.networkProjectID == project
    }

    private static func matches(_ search: String, _ texts: [String]) -> Bool {
        guard !search.isEmpty else { return true }
        let wanted = search.lowercased()
        return texts.contains { $0.lowercased().contains(wanted) }
    }

    private static func row(_ network: NeutronNetwork, _ state: ControllerState) -> NetworkRow {
        let project = state.snapshot.object(network.projectID, type: "project")?.displayName
        return NetworkRow(
            id: network.id.description, name: network.name, project: project ?? network.projectID.withoutDashes,
            segment: network.segmentationID.map { "\(network.networkType) \($0)" } ?? network.networkType,
            subnets: network.subnetIDs.compactMap { state.neutron.subnets[$0]?.cidr.description },
            portCount: state.neutron.ports.count(.network(network.id)), isShared: network.isShared,
            isExternal: network.isExternal, isEnabled: network.adminStateUp)
    }

    private static func row(_ port: NeutronPort, _ state: ControllerState) -> PortRow {
        PortRow(
            id: port.id.description, name: port.name, addresses: port.fixedAddresses.map(\.address.description),
            mac: port.mac.description, networkID: port.networkID.description,
            networkName: state.neutron.networks[port.networkID]?.name ?? "", deviceOwner: port.deviceOwner,
            deviceID: port.deviceID, host: port.binding.hostID, status: port.status)
    }
}
