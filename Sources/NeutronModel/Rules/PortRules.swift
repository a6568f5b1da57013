import Addressing
import JSON
import Model

// Ports: virtual-machine-interfaces with their instance-ips, and the virtual machine they are for.
extension NeutronRules {
    func createPort(
        _ input: AttributeInput, _ tally: inout QuotaTally, _ edit: inout GraphEdit
    ) throws(NeutronError) -> NeutronPort {
        let caller = edit.context.caller
        let network = try network(input, &edit)
        try checkPolicy(input, action: "create_port", network: network, current: nil, caller)
        guard let networkObject = edit.object(network.id) else {
            throw NeutronCollection.networks.notFound(network.id.description)
        }
        // The port's addresses come from the network's subnets as they are now.
        edit.rely(on: network.id)
        let project = try project(for: input, &edit)
        if let count = tally.take(project.id) { try checkQuota([.port: count], project: project, &edit) }
        let id = edit.context.newID()
        let name = input["name"]?.stringValue ?? ""
        var draft = PortDraft(
            id: id, project: project, network: networkObject, isPortSecurityEnabled: network.portSecurityEnabled)
        draft.properties["id_perms"] = Self.permissions(input)
        draft.properties["display_name"] = .string(name)
        try take(input, into: &draft, current: nil, &edit)
        let mac = try Self.chooseMAC(input, network: network.id, &edit)
        draft.properties["virtual_machine_interface_mac_addresses"] = ["mac_address": [.string(mac.description)]]
        let object = ConfigObject(
            type: "virtual-machine-interface", id: id,
            fqName: Self.fullName(name, id: id, type: "virtual-machine-interface", project: project, edit),
            parent: ObjectLink(type: "project", id: project.id), properties: draft.properties,
            references: draft.references)
        do {
            try edit.add(object)
        } catch {
            throw error.code == .taken ? Self.macInUse(mac, network.id) : NeutronError(error)
        }
        let plan = AddressPlan(
            network: networkObject, subnets: subnets(of: networkObject, edit), mac: mac, deviceOwner: draft.deviceOwner)
        let requests = try plan.requests(input["fixed_ips"], index: index)
        try allocate(requests, port: object, network: networkObject, &edit)
        return try portView(id, &edit)
    }

    func updatePort(
        _ port: NeutronPort, _ input: AttributeInput, _ edit: inout GraphEdit
    ) throws(NeutronError) -> NeutronPort {
        guard let object = edit.object(port.id), let networkObject = edit.object(port.networkID),
            let projectObject = edit.object(port.projectID)
        else { throw NeutronCollection.ports.notFound(port.id.description) }
        try checkPolicy(
            input, action: "update_port", network: NeutronNetwork(networkObject), current: port, edit.context.caller)
        var draft = PortDraft(
            id: port.id, project: projectObject, network: networkObject,
            isPortSecurityEnabled: port.portSecurityEnabled)
        draft.properties = object.properties
        draft.references = object.references
        draft.properties["id_perms"] = Self.permissions(input)
        if let name = input["name"] { draft.properties["display_name"] = name }
        try take(input, into: &draft, current: port, &edit)
        let mac = try newMAC(input, port: port)
        if mac != port.mac {
            draft.properties["virtual_machine_interface_mac_addresses"] = ["mac_address": [.string(mac.description)]]
        }
        do {
            try edit.change(port.id, properties: draft.properties, references: draft.references)
        } catch {
            throw error.code == .taken ? Self.macInUse(mac, port.networkID) : NeutronError(error)
        }
        if let wanted = input["fixed_ips"] {
            edit.rely(on: networkObject.id)
            let plan = AddressPlan(
                network: networkObject, subnets: subnets(of: networkObject, edit), mac: mac,
                deviceOwner: draft.deviceOwner)
            let changes = try plan.changes(wanted, port: port, index: index)
            for fixed in changes.removed { try detach(fixed.holder, from: port.id, &edit) }
            try allocate(changes.added, port: object, network: networkObject, &edit)
        }
        try dropUnusedMachine(of: object, keeping: draft.references["virtual_machine_refs"], &edit)
        return try portView(port.id, &edit)
    }

    func deletePort(_ port: NeutronPort, _ edit: inout GraphEdit) throws(NeutronError) {
        guard let object = edit.object(port.id) else {
            throw NeutronCollection.ports.notFound(port.id.description)
        }
        for referrer in edit.referrers(of: port.id) where referrer.type == "instance-ip" {
            try detach(referrer.id, from: port.id, &edit)
        }
        try modelled { () throws(ModelError) in try edit.remove(port.id) }
        guard !edit.hasReferrers(port.id) else {
            throw .conflict(
                "PortInUse",
                "Unable to complete operation on port \(port.id) for network \(port.networkID). Port already has an "
                    + "attached device \(port.deviceID).")
        }
        try dropUnusedMachine(of: object, keeping: nil, &edit)
    }

    /// Takes an address from a port. The instance-ip goes with it, unless somebody else uses it too: another interface (an
    /// address that several share, as Contrail's active-standby pairs do), or a router.
    func detach(_ instanceIP: ObjectID, from port: ObjectID, _ edit: inout GraphEdit) throws(NeutronError) {
        guard let object = edit.object(instanceIP) else { return }
        var references = object.references
        references["virtual_machine_interface_refs"]?.removeAll { $0.id == port }
        let isUsed = references.contains { name, list in !list.isEmpty && !Self.placeReferences.contains(name) }
        try modelled { () throws(ModelError) in
            if isUsed {
                try edit.change(instanceIP, properties: object.properties, references: references)
            } else {
                try edit.remove(instanceIP)
            }
        }
    }

    /// The references of an instance-ip that say where it is from, and not who uses it.
    private static let placeReferences: Set<String> = ["virtual_network_refs", "network_ipam_refs", "tag_refs"]

    /// The port as the edit leaves it.
    private func portView(_ id: ObjectID, _ edit: inout GraphEdit) throws(NeutronError) -> NeutronPort {
        guard let object = edit.object(id), let networkID = object.references("virtual_network_refs").first?.id,
            let port = NeutronPort(
                object, instanceIPs: edit.referrers(of: id).filter { $0.type == "instance-ip" },
                network: edit.object(networkID))
        else { throw NeutronCollection.ports.notFound(id.description) }
        return port
    }

    private func allocate(
        _ requests: [AddressPlan.Request], port: ConfigObject, network: ConfigObject, _ edit: inout GraphEdit
    ) throws(NeutronError) {
        for request in requests {
            try allocate(request, port: port, network: network, &edit)
        }
    }

    private func allocate(
        _ request: AddressPlan.Request, port: ConfigObject, network: ConfigObject, _ edit: inout GraphEdit
    ) throws(NeutronError) {
        let id = edit.context.newID()
        let isExhausted = NeutronError.conflict(
            "IpAddressGenerationFailure", "No more IP addresses available on network \(network.id).")
        for (position, subnet) in request.subnets.enumerated() {
            var properties: JSONObject = [
                "subnet_uuid": .string(subnet.description), "display_name": .string(id.description),
            ]
            if let address = request.address { properties["instance_ip_address"] = .string(address.description) }
            let draft = ConfigObject(
                type: "instance-ip", id: id, fqName: [id.description], parent: nil, properties: properties,
                references: [
                    "virtual_network_refs": [Reference(id: network.id, fqName: network.fqName)],
                    "virtual_machine_interface_refs": [Reference(id: port.id, fqName: port.fqName)],
                ])
            do {
                try edit.add(draft)
                return
            } catch {
                switch error.code {
                case .exhausted where position + 1 < request.subnets.count: continue
                case .exhausted: throw isExhausted
                case .taken:
                    let address = request.address?.description ?? ""
                    throw .conflict(
                        "IpAddressAlreadyAllocated", "IP address \(address) already allocated in subnet \(subnet)")
                default: throw NeutronError(error)
                }
            }
        }
        throw isExhausted
    }

    private static func chooseMAC(
        _ input: AttributeInput, network: ObjectID, _ edit: inout GraphEdit
    ) throws(NeutronError) -> MACAddress {
        if let given = input["mac_address"]?.stringValue.flatMap(MACAddress.init) {
            guard !given.isMulticast else {
                throw .invalidAttribute("mac_address", "'\(given)' is not a valid MAC address")
            }
            return given
        }
        for _ in 0..<1000 {
            let mac = MACAddress(bits: 0xfa163e << 24 | edit.context.random(below: 1 << 24))
            let isFree = edit.base.holder(of: mac, network: network) == nil
            if isFree, !edit.isPending(.mac(network: network, address: mac)) { return mac }
        }
        throw NeutronError(
            status: 503, type: "MacAddressGenerationFailure",
            message: "Unable to generate unique mac on network \(network).")
    }

    private func newMAC(_ input: AttributeInput, port: NeutronPort) throws(NeutronError) -> MACAddress {
        guard let mac = input["mac_address"]?.stringValue.flatMap(MACAddress.init), mac != port.mac else {
            return port.mac
        }
        guard port.binding.hostID.isEmpty else {
            throw .conflict(
                "PortBound",
                "Unable to complete operation on port \(port.id), port is already bound, port type: "
                    + "\(port.binding.vifType), old_mac \(port.mac), new_mac \(mac).")
        }
        guard !mac.isMulticast else {
            throw .invalidAttribute("mac_address", "'\(mac)' is not a valid MAC address")
        }
        return mac
    }

    private static func macInUse(_ mac: MACAddress, _ network: ObjectID) -> NeutronError {
        .conflict(
            "MacAddressInUse",
            "Unable to complete operation for network \(network). The mac address \(mac) is in use.")
    }
}
