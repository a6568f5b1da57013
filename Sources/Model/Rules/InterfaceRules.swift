import Addressing
import JSON

// virtual-machine-interface: its network, its MAC address, its routing-instance (vnc-api.md, 3.5).
extension GraphEdit {
    mutating func addInterface(_ draft: ConfigObject) throws(ModelError) -> ConfigObject {
        guard let network = draft.references("virtual_network_refs").first?.id else {
            throw ModelError(.invalid, "virtual_network_refs are not defined")
        }
        let mac: MACAddress
        if let given = try draft.givenMAC() {
            try allocate(given, network: network, holder: draft.id)
            mac = given
        } else {
            mac = try allocateDerivedMAC(of: draft.id, network: network)
        }
        var properties = draft.properties
        properties["virtual_machine_interface_mac_addresses"] = ["mac_address": [.string(mac.description)]]
        let interface = draft.with(
            properties: properties, references: withRoutingInstance(draft.references, network: network))
        try create(interface)
        return interface
    }

    mutating func changeInterface(old: ConfigObject, new: ConfigObject) throws(ModelError) -> ConfigObject {
        guard let network = old.references("virtual_network_refs").first?.id,
            new.references("virtual_network_refs").map(\.id) == [network]
        else { throw ModelError(.invalid, "the network of a virtual-machine-interface cannot be changed") }
        var properties = new.properties
        if let mac = try new.givenMAC(), mac != old.macAddress {
            if let previous = old.macAddress { release(.mac(network: network, address: previous), of: old.id) }
            try allocate(mac, network: network, holder: old.id)
            properties["virtual_machine_interface_mac_addresses"] = ["mac_address": [.string(mac.description)]]
        } else {
            properties["virtual_machine_interface_mac_addresses"] =
                old.properties["virtual_machine_interface_mac_addresses"]
        }
        return new.with(properties: properties, references: new.references)
    }

    mutating func releaseInterface(_ interface: ConfigObject) {
        guard let network = interface.references("virtual_network_refs").first?.id, let mac = interface.macAddress
        else { return }
        release(.mac(network: network, address: mac), of: interface.id)
    }

    /// `02:` and the first five bytes of the id, as Contrail derives it; a random one when that is taken.
    private mutating func allocateDerivedMAC(of id: ObjectID, network: ObjectID) throws(ModelError) -> MACAddress {
        let derived = MACAddress(bits: 0x02 << 40 | UInt64(truncatingIfNeeded: id.bits >> 88))
        do {
            try allocate(derived, network: network, holder: id)
            return derived
        } catch  where error.code == .taken {
            return try allocateMAC(network: network, vendor: 0x020000, holder: id)
        }
    }

    private func withRoutingInstance(
        _ references: [String: [Reference]], network: ObjectID
    ) -> [String: [Reference]] {
        guard references["routing_instance_refs"] == nil, let network = object(network, type: "virtual-network"),
            let instance = object(type: "routing-instance", fqName: network.fqName + [network.name])
        else { return references }
        var references = references
        references["routing_instance_refs"] = [
            Reference(id: instance.id, fqName: instance.fqName, attribute: Self.bothDirections)
        ]
        return references
    }

    /// A PolicyBasedForwardingRuleType that only says "both directions".
    private static let bothDirections: JSONValue = [
        "direction": "both", "vlan_tag": nil, "src_mac": nil, "dst_mac": nil, "mpls_label": nil,
        "service_chain_address": nil, "ipv6_service_chain_address": nil, "protocol": nil,
    ]
}

extension ConfigObject {
    /// The MAC address of a virtual-machine-interface.
    package var macAddress: MACAddress? {
        properties["virtual_machine_interface_mac_addresses"]?["mac_address"]?.arrayValue?.first?.stringValue
            .flatMap(MACAddress.init)
    }

    /// The MAC address that the client gave, or nil when it gave none.
    ///
    /// - Throws: ``ModelError/Code/invalid`` when it is no address of one interface.
    fileprivate func givenMAC() throws(ModelError) -> MACAddress? {
        let list = properties["virtual_machine_interface_mac_addresses"]?["mac_address"]?.arrayValue ?? []
        guard let first = list.first, !first.isNull else { return nil }
        guard list.count == 1, let text = first.stringValue, let mac = MACAddress(text), !mac.isMulticast else {
            throw ModelError(.invalid, "Invalid MAC address: \(first.text)")
        }
        return mac
    }
}
