import Addressing
import JSON
import Model
import Time

// Subnets: entries of their network's `ipam_subnets`.
extension NeutronRules {
    func createSubnet(_ input: AttributeInput, _ edit: inout GraphEdit) throws(NeutronError) -> NeutronSubnet {
        let caller = edit.context.caller
        let network = try network(input, &edit)
        guard caller.isAdmin || network.projectID == Visibility.projectID(caller) else {
            guard network.isShared else { throw .pathNotFound }
            throw .disallowed(["create_subnet"])
        }
        guard let object = edit.object(network.id), let parent = edit.object(network.projectID) else {
            throw NeutronCollection.networks.notFound(network.id.description)
        }
        var plan = try SubnetPlan(creating: input)
        try plan.refuseOverlap(with: object.subnets.map(\.cidr), network: network.id)
        plan.completePools()
        try plan.check()
        try checkQuota([.subnet: 1], project: parent, &edit)
        let id = edit.context.newID()
        var entry = plan.entry
        entry["subnet_uuid"] = .string(id.description)
        entry["created"] = .string(edit.context.now.contrailText)
        entry["last_modified"] = .string(edit.context.now.contrailText)
        return try store(entry, id: id, extras: plan.extras, on: object, &edit)
    }

    func updateSubnet(
        _ subnet: NeutronSubnet, _ input: AttributeInput, _ edit: inout GraphEdit
    ) throws(NeutronError) -> NeutronSubnet {
        guard let object = edit.object(subnet.networkID), var entry = Self.entry(of: subnet.id, on: object) else {
            throw NeutronCollection.subnets.notFound(subnet.id.description)
        }
        let plan = try SubnetPlan(changing: subnet, before: entry, input)
        try plan.check()
        for member in plan.entry { entry[member.name] = member.value }
        let previous = entry["last_modified"]?.stringValue.flatMap(Timestamp.init)
        let after = previous.map { Timestamp(microseconds: $0.microseconds + 1) } ?? edit.context.now
        entry["last_modified"] = .string(max(edit.context.now, after).contrailText)
        return try store(entry, id: subnet.id, extras: plan.extras, on: object, &edit)
    }

    func deleteSubnet(_ subnet: NeutronSubnet, _ edit: inout GraphEdit) throws(NeutronError) {
        let id = subnet.id
        let inUse = NeutronError.conflict(
            "SubnetInUse",
            "Unable to complete operation on subnet \(id): One or more ports have an IP allocation from this subnet.")
        for port in index.ports.ids(.subnet(id)).compactMap({ index.ports[$0] }) {
            // What was not asked for goes with the subnet: addresses that hosts make themselves, and DHCP servers.
            guard subnet.usesInterfaceIdentifiers || port.deviceOwner == "network:dhcp" else { throw inUse }
            for fixed in port.fixedAddresses where fixed.subnetID == id {
                try detach(fixed.holder, from: port.id, &edit)
            }
        }
        guard let object = edit.object(subnet.networkID) else {
            throw NeutronCollection.subnets.notFound(id.description)
        }
        var references = object.references
        references["network_ipam_refs"] = object.references("network_ipam_refs").compactMap { link in
            var attribute = link.attribute.objectValue ?? [:]
            let entries = attribute["ipam_subnets"]?.arrayValue ?? []
            let staying = entries.filter { $0["subnet_uuid"]?.stringValue.flatMap(ObjectID.init) != id }
            guard staying.count < entries.count else { return link }
            attribute["ipam_subnets"] = .array(staying)
            return staying.isEmpty
                ? nil
                : Reference(id: link.id, fqName: link.fqName, attribute: .object(attribute), isRelaxed: link.isRelaxed)
        }
        var properties = object.properties
        var extras = Extras(properties)
        extras[NeutronSubnet.extrasGroup, id.description] = [:]
        extras.store(in: &properties)
        do {
            try edit.change(object.id, properties: properties, references: references)
        } catch {
            throw error.code == .inUse ? inUse : NeutronError(error)
        }
    }

    /// Puts an entry on its network, in place of the one with its id or behind all others.
    private func store(
        _ entry: JSONObject, id: ObjectID, extras own: JSONObject, on network: ConfigObject, _ edit: inout GraphEdit
    ) throws(NeutronError) -> NeutronSubnet {
        var links = network.references("network_ipam_refs")
        if let place = Self.place(of: id, in: links) {
            links[place.link] = Self.replacing(links[place.link], at: place.entry, with: entry)
        } else if let link = links.firstIndex(where: { $0.fqName == Bootstrap.defaultIPAM }) {
            links[link] = Self.replacing(links[link], at: nil, with: entry)
        } else {
            guard let ipam = edit.object(type: "network-ipam", fqName: Bootstrap.defaultIPAM) else {
                throw NeutronError(
                    status: 503, type: "ServiceUnavailable", message: "The default ipam does not exist yet.")
            }
            links.append(
                Reference(
                    id: ipam.id, fqName: ipam.fqName, attribute: ["ipam_subnets": [.object(entry)], "host_routes": nil])
            )
        }
        var references = network.references
        references["network_ipam_refs"] = links
        var properties = network.properties
        var extras = Extras(properties)
        extras[NeutronSubnet.extrasGroup, id.description] = own
        extras.store(in: &properties)
        let changed = try modelled { () throws(ModelError) in
            try edit.change(network.id, properties: properties, references: references)
        }
        guard let view = NeutronNetwork(changed),
            let subnet = NeutronSubnet.subnets(of: changed, network: view).first(where: { $0.id == id })
        else { throw NeutronCollection.subnets.notFound(id.description) }
        return subnet
    }

    private static func place(of id: ObjectID, in links: [Reference]) -> (link: Int, entry: Int)? {
        for (link, reference) in links.enumerated() {
            let entries = reference.attribute["ipam_subnets"]?.arrayValue ?? []
            let entry = entries.firstIndex { $0["subnet_uuid"]?.stringValue.flatMap(ObjectID.init) == id }
            if let entry { return (link, entry) }
        }
        return nil
    }

    private static func entry(of id: ObjectID, on network: ConfigObject) -> JSONObject? {
        let links = network.references("network_ipam_refs")
        guard let place = place(of: id, in: links) else { return nil }
        return links[place.link].attribute["ipam_subnets"]?.arrayValue?[place.entry].objectValue
    }

    private static func replacing(_ link: Reference, at index: Int?, with entry: JSONObject) -> Reference {
        var attribute = link.attribute.objectValue ?? [:]
        var entries = attribute["ipam_subnets"]?.arrayValue ?? []
        if let index { entries[index] = .object(entry) } else { entries.append(.object(entry)) }
        attribute["ipam_subnets"] = .array(entries)
        return Reference(id: link.id, fqName: link.fqName, attribute: .object(attribute), isRelaxed: link.isRelaxed)
    }
}
