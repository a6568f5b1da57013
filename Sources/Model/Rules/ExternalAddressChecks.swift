import Addressing
import JSON

/// floating-ip and alias-ip through the config API: an address of the pool's network (vnc-api.md, 3.4).
enum ExternalAddressChecks {
    static func accept(creating draft: ConfigObject, _ edit: inout GraphEdit) throws(ConfigFault) -> ConfigObject {
        // A floating-ip below an instance-ip uses that one's address.
        guard let parent = draft.parent.flatMap({ edit.object($0.id) }), parent.type != "instance-ip",
            let network = parent.parent.flatMap({ edit.object($0.id, type: "virtual-network") })
        else { return draft }
        let prefix = draft.type == "floating-ip" ? "floating_ip" : "alias_ip"
        let allowed = allowedSubnets(of: parent, in: network)
        var properties = draft.properties
        let address: IPAddress
        edit.rely(on: network.id)
        if let text = properties["\(prefix)_address"]?.stringValue, !text.isEmpty {
            address = try take(text, allowed: allowed, network: network, holder: draft.id, &edit)
        } else {
            let family: IPAddress.Family? =
                properties["\(prefix)_address_family"].map { $0 == "v6" ? .v6 : .v4 }
            address = try asConfigFault { () throws(ModelError) in
                try edit.takeFreeAddress(
                    network: network, allowed: allowed, family: family, holder: draft.id
                ).address
            }
        }
        properties["\(prefix)_address"] = .string(address.description)
        properties["\(prefix)_address_family"] = .string(address.family == .v4 ? "v4" : "v6")
        var references = draft.references
        if references["project_refs"] == nil,
            let project = network.parent.flatMap({ edit.object($0.id, type: "project") })
        {
            references["project_refs"] = [Reference(id: project.id, fqName: project.fqName)]
        }
        return draft.with(properties: properties, references: references)
    }

    private static func take(
        _ text: String, allowed: [Subnet], network: ConfigObject, holder: ObjectID, _ edit: inout GraphEdit
    ) throws(ConfigFault) -> IPAddress {
        guard let address = IPAddress(text) else { throw ConfigFault(400, "Invalid IP address: \(text)") }
        guard let subnet = allowed.first(where: { $0.cidr.contains(address) }) else {
            throw ConfigFault(400, GraphEdit.exhausted(network, []).message)
        }
        guard !subnet.reserved.contains(address) else {
            throw ConfigFault(409, "Ip address \(address) already in use")
        }
        do {
            try edit.allocate(address, network: network.id, holder: holder)
        } catch {
            throw ConfigFault(error.code == .taken ? 409 : 400, "Ip address \(address) already in use")
        }
        return address
    }

    /// The pool's subnets when it names some, otherwise all of the network.
    private static func allowedSubnets(of pool: ConfigObject, in network: ConfigObject) -> [Subnet] {
        let named = Set(
            (pool.properties["floating_ip_pool_subnets"]?["subnet_uuid"]?.arrayValue ?? [])
                .compactMap { $0.stringValue.flatMap { ObjectID($0) } })
        return named.isEmpty ? network.subnets : network.subnets.filter { named.contains($0.id) }
    }
}

extension GraphEdit {
    /// Gives back the address of a floating-ip or alias-ip.
    mutating func releaseExternalAddress(_ object: ConfigObject) {
        let name = object.type == "floating-ip" ? "floating_ip_address" : "alias_ip_address"
        guard let pool = object.parent.flatMap({ self.object($0.id) }),
            let network = pool.parent.flatMap({ self.object($0.id, type: "virtual-network") }),
            let address = object.properties[name]?.stringValue.flatMap({ IPAddress($0) })
        else { return }
        release(.address(network: network.id, address: address), of: object.id)
    }
}
