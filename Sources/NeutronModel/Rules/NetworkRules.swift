import Addressing
import JSON
import Model

// Networks.
extension NeutronRules {
    func createNetwork(
        _ input: AttributeInput, _ tally: inout QuotaTally, _ edit: inout GraphEdit
    ) throws(NeutronError) -> NeutronNetwork {
        try refuseAdministrative(input, action: "create_network", edit.context.caller)
        let provider = try Self.providerProperties(input)
        let project = try project(for: input, &edit)
        if let count = tally.take(project.id) { try checkQuota([.network: count], project: project, &edit) }
        let id = edit.context.newID()
        let name = input["name"]?.stringValue ?? ""
        let isShared = input["shared"]?.boolValue ?? false
        let isExternal = input["router:external"]?.boolValue ?? false
        var properties: JSONObject = [
            "id_perms": Self.permissions(input), "display_name": .string(name),
            "perms2": edit.makePerms2(owner: project.owner, globalAccess: isShared ? 7 : isExternal ? 5 : 0),
            "is_shared": .bool(isShared), "router_external": .bool(isExternal),
            "port_security_enabled": input["port_security_enabled"] ?? true,
        ]
        properties["provider_properties"] = provider
        let vni = try Self.chosenVNI(input)
        if let vni { properties["virtual_network_properties"] = ["vxlan_network_identifier": .integer(vni)] }
        let draft = ConfigObject(
            type: "virtual-network", id: id,
            fqName: Self.fullName(name, id: id, type: "virtual-network", project: project, edit),
            parent: ObjectLink(type: "project", id: project.id), properties: properties, references: [:])
        let network: ConfigObject
        do {
            network = try edit.add(draft)
        } catch {
            guard let vni, error.code == .numberTaken else { throw NeutronError(error) }
            throw .conflict("TunnelIdInUse", "Unable to create the network. The tunnel ID \(vni) is in use.")
        }
        return try view(of: network)
    }

    func updateNetwork(
        _ network: NeutronNetwork, _ input: AttributeInput, _ edit: inout GraphEdit
    ) throws(NeutronError) -> NeutronNetwork {
        try refuseAdministrative(input, action: "update_network", edit.context.caller)
        let provider = input.names.filter { $0.hasPrefix("provider:") }.sorted()
        guard provider.isEmpty else {
            throw .invalidInput(
                "Plugin does not support updating the following provider network attributes: "
                    + provider.joined(separator: ", "))
        }
        guard let object = edit.object(network.id) else {
            throw NeutronCollection.networks.notFound(network.id.description)
        }
        var properties = object.properties
        properties["id_perms"] = Self.permissions(input)
        if let name = input["name"] { properties["display_name"] = name }
        if let enabled = input["port_security_enabled"] { properties["port_security_enabled"] = enabled }
        let isShared = input["shared"]?.boolValue ?? network.isShared
        let isExternal = input["router:external"]?.boolValue ?? network.isExternal
        if isShared != network.isShared || isExternal != network.isExternal {
            if network.isShared, !isShared { try refuseForeignPorts(on: network) }
            properties["is_shared"] = .bool(isShared)
            properties["router_external"] = .bool(isExternal)
            var permissions = properties["perms2"]?.objectValue ?? [:]
            permissions["global_access"] = .integer(isShared ? 7 : isExternal ? 5 : 0)
            properties["perms2"] = .object(permissions)
        }
        return try view(
            of: try modelled { () throws(ModelError) in
                try edit.change(object.id, properties: properties, references: object.references)
            })
    }

    func deleteNetwork(_ network: NeutronNetwork, _ edit: inout GraphEdit) throws(NeutronError) {
        let inUse = NeutronError.conflict(
            "NetworkInUse",
            "Unable to complete operation on network \(network.id). There are one or more ports still in use on the network."
        )
        let ports = index.ports.ids(.network(network.id)).compactMap { index.ports[$0] }
        // A DHCP server's own ports go with the network.
        guard ports.allSatisfy({ $0.deviceOwner == "network:dhcp" }) else { throw inUse }
        for port in ports { try deletePort(port, &edit) }
        try modelled { () throws(ModelError) in try edit.remove(network.id) }
        guard !edit.hasReferrers(network.id) else { throw inUse }
    }

    private func view(of object: ConfigObject) throws(NeutronError) -> NeutronNetwork {
        guard let network = NeutronNetwork(object) else {
            throw NeutronCollection.networks.notFound(object.id.description)
        }
        return network
    }

    /// What only administrators may say about a network.
    private func refuseAdministrative(
        _ input: AttributeInput, action: String, _ caller: EditContext.Caller
    ) throws(NeutronError) {
        guard !caller.isAdmin else { return }
        let isCreate = action.hasPrefix("create")
        let refused = [
            "shared", "router:external", "provider:network_type", "provider:physical_network",
            "provider:segmentation_id",
        ]
        .filter { name in
            guard let value = input[name] else { return false }
            return !(isCreate && value == false)
        }
        guard refused.isEmpty else { throw .disallowed([action] + refused.map { "\(action):\($0)" }) }
    }

    private func refuseForeignPorts(on network: NeutronNetwork) throws(NeutronError) {
        let ports = index.ports.ids(.network(network.id)).lazy.compactMap { index.ports[$0] }
        guard ports.contains(where: { $0.projectID != network.projectID && !$0.deviceOwner.hasPrefix("network:") })
        else { return }
        throw .conflict(
            "InvalidSharedSetting",
            "Unable to reconfigure sharing settings for network \(network.id). Multiple projects are using it.")
    }

    /// The VNI that an administrator has chosen for an overlay network; nil when it is left to the installation.
    private static func chosenVNI(_ input: AttributeInput) throws(NeutronError) -> Int? {
        guard input["provider:network_type"] == "vxlan", let tag = input["provider:segmentation_id"]?.integerValue
        else { return nil }
        let numbers = NumberRange.virtualNetwork.numbers
        guard numbers.contains(tag) else {
            throw .invalidInput("segmentation_id out of range (\(numbers.lowerBound) through \(numbers.upperBound))")
        }
        return tag
    }

    /// The struct ProviderDetails for a network on a physical one; nil for an overlay network.
    private static func providerProperties(_ input: AttributeInput) throws(NeutronError) -> JSONValue? {
        let physical = input["provider:physical_network"]?.stringValue
        let tag = input["provider:segmentation_id"]?.integerValue
        switch input["provider:network_type"]?.stringValue {
        case nil:
            guard physical == nil, tag == nil else { throw .invalidInput("network_type required") }
            return nil
        case "vxlan":
            guard physical == nil else {
                throw .invalidInput("provider:physical_network specified for vxlan network")
            }
            return nil
        case "vlan":
            guard let physical, !physical.isEmpty else {
                throw .invalidInput("physical_network required for VLAN provider network")
            }
            guard let tag, (1...4094).contains(tag) else {
                throw .invalidInput("segmentation_id out of range (1 through 4094)")
            }
            return ["segmentation_id": .integer(tag), "physical_network": .string(physical)]
        case "flat":
            guard let physical, !physical.isEmpty else {
                throw .invalidInput("physical_network required for flat provider network")
            }
            guard tag == nil else { throw .invalidInput("segmentation_id prohibited for flat provider network") }
            return ["segmentation_id": 0, "physical_network": .string(physical)]
        case let other?:
            throw .invalidInput("network_type value '\(other)' not supported")
        }
    }
}
