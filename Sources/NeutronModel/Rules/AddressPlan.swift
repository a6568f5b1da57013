import Addressing
import JSON
import Model

/// Which fixed addresses a port is to have, decided by Neutron's rules from what the client asked for.
struct AddressPlan {
    let network: ConfigObject
    let subnets: [NeutronSubnet]
    let mac: MACAddress
    let deviceOwner: String

    /// One address to be taken: this one, or any of the subnets in turn.
    struct Request {
        var subnets: [ObjectID]
        var address: IPAddress?
    }

    /// Neutron's owners of router ports, which choose their addresses themselves.
    private static let routerOwners: Set<String> = [
        "network:router_interface", "network:router_interface_distributed", "network:ha_router_replicated_interface",
        "network:router_gateway", "network:router_centralized_snat",
    ]

    init(network: ConfigObject, subnets: [NeutronSubnet], mac: MACAddress, deviceOwner: String) {
        self.network = network
        self.subnets = subnets
        self.mac = mac
        self.deviceOwner = deviceOwner
    }

    /// The addresses of a new port: those asked for; without a wish one of each family.
    func requests(_ wanted: JSONValue?, index: NeutronIndex) throws(NeutronError) -> [Request] {
        var requests: [Request] = []
        if let wanted = wanted?.arrayValue {
            for wish in wanted {
                if let request = try request(wish, index: index) { requests.append(request) }
            }
        } else {
            for family in [IPAddress.Family.v4, .v6] {
                let candidates = subnets.filter { $0.cidr.family == family && !$0.usesInterfaceIdentifiers }
                if !candidates.isEmpty { requests.append(Request(subnets: candidates.map(\.id))) }
            }
        }
        return requests + automatic(except: Set(requests.filter { $0.address != nil }.flatMap(\.subnets)))
    }

    /// What an update of a port's addresses takes and gives back: addresses that are asked for again stay, and a wish for
    /// a subnet is met by an address of it that the port has.
    func changes(
        _ wanted: JSONValue, port: NeutronPort, index: NeutronIndex
    ) throws(NeutronError) -> (added: [Request], removed: [NeutronPort.FixedAddress]) {
        var staying: [NeutronPort.FixedAddress] = []
        var left = port.fixedAddresses
        var added: [Request] = []
        let wishes = wanted.arrayValue ?? []
        for wish in wishes.filter({ $0["ip_address"] != nil }) + wishes.filter({ $0["ip_address"] == nil }) {
            let address = wish["ip_address"]?.stringValue.flatMap(IPAddress.init)
            let subnet = wish["subnet_id"]?.stringValue.flatMap(ObjectID.init)
            let found = left.firstIndex { fixed in
                if let address { return fixed.address == address }
                return fixed.subnetID == subnet
            }
            if let found {
                staying.append(left.remove(at: found))
            } else if let request = try request(wish, index: index) {
                added.append(request)
            }
        }
        let automaticIDs = Set(subnets.filter(\.usesInterfaceIdentifiers).map(\.id))
        let removed = left.filter { fixed in !(fixed.subnetID.map(automaticIDs.contains) ?? false) || isRouter }
        let handled = Set(staying.compactMap(\.subnetID) + left.compactMap(\.subnetID) + added.flatMap(\.subnets))
        return (added + automatic(except: handled), removed)
    }

    private var isRouter: Bool { Self.routerOwners.contains(deviceOwner) }

    /// Hosts on such subnets make their own addresses, so every port has them, asked for or not.
    private func automatic(except handled: Set<ObjectID>) -> [Request] {
        guard !isRouter else { return [] }
        return subnets.filter { $0.usesInterfaceIdentifiers && !handled.contains($0.id) }.map {
            Request(subnets: [$0.id], address: interfaceAddress(in: $0.cidr))
        }
    }

    /// The modified EUI-64 address of RFC 4291, appendix A.
    private func interfaceAddress(in cidr: CIDR) -> IPAddress {
        let high = (mac.bits >> 24) ^ 0x020000
        let identifier = UInt128(high) << 40 | UInt128(0xfffe) << 24 | UInt128(mac.bits & 0xffffff)
        return IPAddress(family: .v6, bits: cidr.first.bits | identifier)
    }

    /// Nil when the wish is for an automatic address of a subnet, which every port has anyway.
    private func request(_ wish: JSONValue, index: NeutronIndex) throws(NeutronError) -> Request? {
        let subnet = try subnet(for: wish, index: index)
        guard let address = wish["ip_address"]?.stringValue.flatMap(IPAddress.init) else {
            return subnet.usesInterfaceIdentifiers && !isRouter ? nil : Request(subnets: [subnet.id])
        }
        if subnet.usesInterfaceIdentifiers, !isRouter, address != interfaceAddress(in: subnet.cidr) {
            throw NeutronError(
                status: 400, type: "AllocationOnAutoAddressSubnet",
                message: "IPv6 address \(address) can not be directly assigned to a port on subnet \(subnet.id) since "
                    + "the subnet is configured for automatic addresses")
        }
        return Request(subnets: [subnet.id], address: address)
    }

    private func subnet(for wish: JSONValue, index: NeutronIndex) throws(NeutronError) -> NeutronSubnet {
        guard !subnets.isEmpty else { throw .invalidInput("IP allocation requires subnets for network") }
        let address = wish["ip_address"]?.stringValue.flatMap(IPAddress.init)
        if let text = wish["subnet_id"]?.stringValue {
            let id = ObjectID(text)
            guard let subnet = subnets.first(where: { $0.id == id }) else {
                guard let id, index.subnets[id] != nil else { throw NeutronCollection.subnets.notFound(text) }
                throw .invalidInput(
                    "Failed to create port on network \(network.id), because fixed_ips included invalid subnet \(text)")
            }
            if let address, !isUsable(address, in: subnet.cidr) {
                throw NeutronError(
                    status: 400, type: "InvalidIpForSubnet",
                    message: "IP address \(address) is not a valid IP for the specified subnet.")
            }
            return subnet
        }
        guard let address else { throw .invalidInput("IP allocation requires subnet_id or ip_address") }
        guard let subnet = subnets.first(where: { isUsable(address, in: $0.cidr) }) else {
            throw NeutronError(
                status: 400, type: "InvalidIpForNetwork",
                message: "IP address \(address) is not a valid IP for any of the subnets on the specified network.")
        }
        return subnet
    }

    /// Not the network's own address nor the broadcast address; a router may have IPv6's.
    private func isUsable(_ address: IPAddress, in cidr: CIDR) -> Bool {
        guard cidr.contains(address) else { return false }
        if cidr.family == .v6 { return address != cidr.first || isRouter || deviceOwner.isEmpty }
        return cidr.prefixLength >= 31 || address != cidr.first && address != cidr.last
    }
}
