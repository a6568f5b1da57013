import Addressing
import JSON

// instance-ip: an address of a network's subnets, by wish or the next free one (vnc-api.md, 3.4).
extension GraphEdit {
    mutating func addInstanceIP(_ draft: ConfigObject) throws(ModelError) -> ConfigObject {
        guard let link = draft.references("virtual_network_refs").first else {
            throw ModelError(.invalid, "virtual_network_refs are not defined")
        }
        guard let network = object(link.id, type: "virtual-network") else {
            throw ModelError(.notFound, "\(link.id) does not exist", objects: [link.id])
        }
        var properties = draft.properties
        if !Self.hasNoBookkeeping(network) {
            // The subnet must still be there when the address is committed.
            rely(on: network.id)
            let taken = try takeAddress(for: draft, network: network)
            properties["instance_ip_address"] = .string(taken.address.description)
            properties["instance_ip_family"] = .string(taken.address.family == .v4 ? "v4" : "v6")
            properties["subnet_uuid"] = .string(taken.subnet.id.description)
        }
        let instanceIP = draft.with(properties: properties, references: draft.references)
        try create(instanceIP)
        return instanceIP
    }

    mutating func changeInstanceIP(old: ConfigObject, new: ConfigObject) throws(ModelError) -> ConfigObject {
        for name in ["instance_ip_address", "subnet_uuid"] where new.properties[name] != old.properties[name] {
            throw ModelError(.invalid, "Instance IP Address can not be changed")
        }
        guard new.references("virtual_network_refs").map(\.id) == old.references("virtual_network_refs").map(\.id)
        else { throw ModelError(.invalid, "the network of an instance-ip cannot be changed") }
        return new
    }

    mutating func releaseInstanceIP(_ instanceIP: ConfigObject) {
        guard let network = instanceIP.references("virtual_network_refs").first?.id,
            let address = instanceIP.properties["instance_ip_address"]?.stringValue.flatMap(IPAddress.init)
        else { return }
        release(.address(network: network, address: address), of: instanceIP.id)
    }

    /// Takes a free address of a network's subnets for someone who has no wish.
    ///
    /// - Parameters:
    ///   - subnetID: only of this subnet.
    ///   - allowed: only of these subnets; nil for all of the network.
    ///   - family: only of this family.
    /// - Throws: ``ModelError/Code/exhausted``
    package mutating func takeFreeAddress(
        network: ConfigObject, subnetID: ObjectID? = nil, allowed: [Subnet]? = nil,
        family: IPAddress.Family? = nil, holder: ObjectID
    ) throws(ModelError) -> (address: IPAddress, subnet: Subnet) {
        let candidates = (allowed ?? network.subnets).lazy.filter {
            (subnetID == nil || $0.id == subnetID) && (family == nil || $0.cidr.family == family)
        }
        for subnet in candidates {
            do {
                let address = try allocateAddress(
                    network: network.id, pools: subnet.pools, reserved: subnet.reserved,
                    fromEnd: !subnet.allocatesFromStart, holder: holder)
                return (address, subnet)
            } catch  where error.code == .exhausted {
                continue
            }
        }
        throw Self.exhausted(network, Array(candidates))
    }

    private mutating func takeAddress(
        for draft: ConfigObject, network: ConfigObject
    ) throws(ModelError) -> (address: IPAddress, subnet: Subnet) {
        let family = try Self.family(draft.properties["instance_ip_family"]?.stringValue)
        let subnetID = draft.properties["subnet_uuid"]?.stringValue.flatMap(ObjectID.init)
        guard let wish = draft.properties["instance_ip_address"]?.stringValue, !wish.isEmpty else {
            // Contrail's default family is IPv4 when the network has it.
            let wanted = family ?? (subnetID == nil ? Self.defaultFamily(of: network) : nil)
            return try takeFreeAddress(network: network, subnetID: subnetID, family: wanted, holder: draft.id)
        }
        guard let address = IPAddress(wish) else {
            throw ModelError(.invalid, "Invalid IP address: \(wish)")
        }
        let subnet = network.subnets.first {
            $0.cidr.contains(address) && (subnetID == nil || $0.id == subnetID)
        }
        guard let subnet, family == nil || family == address.family else {
            throw ModelError(.invalid, Self.exhausted(network, []).message)
        }
        do {
            try allocate(address, network: network.id, holder: draft.id)
        } catch  where error.code == .taken {
            throw ModelError(.taken, "IP address already in use", objects: error.objects)
        }
        return (address, subnet)
    }

    /// The networks whose addresses are the hosts' own: they are taken as given.
    private static func hasNoBookkeeping(_ network: ConfigObject) -> Bool {
        network.fqName == Bootstrap.fabricNetwork || network.fqName == Bootstrap.linkLocalNetwork
    }

    private static func defaultFamily(of network: ConfigObject) -> IPAddress.Family? {
        network.subnets.contains { $0.cidr.family == .v4 } ? .v4 : nil
    }

    private static func family(_ text: String?) throws(ModelError) -> IPAddress.Family? {
        switch text {
        case nil, "": nil
        case "v4": .v4
        case "v6": .v6
        case let text?: throw ModelError(.invalid, "instance_ip_family: value must be one of ['v4', 'v6'] but \(text)")
        }
    }

    static func exhausted(_ network: ConfigObject, _ subnets: [Subnet]) -> ModelError {
        let name = network.fqName.map { "'\($0)'" }.joined(separator: ", ")
        let list = subnets.map { "'\($0.cidr)'" }.joined(separator: ", ")
        return ModelError(.exhausted, "Virtual-Network([\(name)]) has exhausted subnet([\(list)])")
    }
}
