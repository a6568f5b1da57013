import Addressing
import HashTreeCollections
import JSON

// virtual-network: its number, its routing-instance, what its subnets have by default (vnc-api.md, 3.3).
extension GraphEdit {
    mutating func addVirtualNetwork(_ draft: ConfigObject) throws(ModelError) -> ConfigObject {
        var properties = draft.properties
        if let vni = try draft.chosenVNI { try allocate(vni: vni, holder: draft.id) }
        let number = try allocateNumber(.virtualNetwork, holder: draft.id)
        properties["virtual_network_network_id"] = .integer(number)
        let network = draft.with(
            properties: properties, references: withCompleteSubnets(draft.references))
        try create(network)
        try addRoutingInstance(named: network.name, of: network, isDefault: true)
        return network
    }

    mutating func changeVirtualNetwork(old: ConfigObject, new: ConfigObject) throws(ModelError) -> ConfigObject {
        var properties = new.properties
        properties["virtual_network_network_id"] = old.properties["virtual_network_network_id"]
        try changeVNI(from: old, to: new)
        let network = new.with(properties: properties, references: withCompleteSubnets(new.references))
        let kept = Set(network.subnets.map(\.id))
        try requireNoAddress(in: old.subnets.filter { !kept.contains($0.id) }.map(\.cidr), network: old.id)
        return network
    }

    mutating func releaseVirtualNetwork(_ network: ConfigObject) {
        if let number = network.properties["virtual_network_network_id"]?.integerValue {
            release(.number(.virtualNetwork, number), of: network.id)
        }
        releaseVNI(of: network)
        // Addresses that a client took by `ip-alloc` have no object of their own: they go with the network. The holders of
        // all others refer to the network, or are below a pool that is its child, and keep it from being deleted.
        deleteAll(below: StoreKey.addresses(of: network.id))
    }

    /// Makes a routing-instance of a network.
    @discardableResult
    mutating func addRoutingInstance(
        named name: String, of network: ConfigObject, isDefault: Bool
    ) throws(ModelError) -> ConfigObject {
        try add(
            ConfigObject(
                type: "routing-instance", id: context.newID(), fqName: network.fqName + [name],
                parent: ObjectLink(type: network.type, id: network.id),
                properties: ["routing_instance_is_default": .bool(isDefault)], references: [:]))
    }

    /// The references with subnet_uuid, default_gateway and dns_server_address of every subnet filled in.
    private mutating func withCompleteSubnets(_ references: [String: [Reference]]) -> [String: [Reference]] {
        var references = references
        guard let links = references["network_ipam_refs"] else { return references }
        var completed: [Reference] = []
        for link in links {
            var attribute = link.attribute.objectValue ?? [:]
            let subnets = attribute["ipam_subnets"]?.arrayValue ?? []
            attribute["ipam_subnets"] = .array(subnets.map { completeSubnet($0) })
            completed.append(
                Reference(
                    id: link.id, fqName: link.fqName, attribute: .object(attribute), isRelaxed: link.isRelaxed))
        }
        references["network_ipam_refs"] = completed
        return references
    }

    /// One subnet with its id, its gateway and its service address.
    mutating func completeSubnet(_ json: JSONValue) -> JSONValue {
        guard var members = json.objectValue else { return json }
        if members["subnet_uuid"]?.stringValue == nil {
            members["subnet_uuid"] = .string(context.newID().description)
        }
        guard let cidr = members["subnet"].flatMap(CIDR.init(subnetType:)) else { return .object(members) }
        members["subnet"] = cidr.subnetType
        let fromStart = members["addr_from_start"]?.boolValue ?? false
        func address(_ distance: Int) -> JSONValue {
            let address = fromStart ? cidr.first.advanced(by: distance) : cidr.last.advanced(by: -distance)
            return .string((address ?? cidr.first).description)
        }
        if members["default_gateway"]?.stringValue == nil { members["default_gateway"] = address(1) }
        if members["dns_server_address"]?.stringValue == nil { members["dns_server_address"] = address(2) }
        return .object(members)
    }
}
