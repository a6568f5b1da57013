import Addressing
import JSON
import Model
import Time

// Subnets: entries of their network's `ipam_subnets`.
extension NeutronRules {
    /// All subnets of one request. A network is changed once, however many of them are its own.
    func createSubnets(
        _ inputs: [AttributeInput], _ edit: inout GraphEdit
    ) throws(NeutronError) -> [NeutronSubnet] {
        let networks = try networksForSubnets(inputs, &edit)
        let counts = Dictionary(networks.map { ($0.projectID, 1) }, uniquingKeysWith: +)
        for (id, count) in counts.sorted(by: { $0.key < $1.key }) {
            guard let project = edit.object(id) else { throw NeutronCollection.networks.notFound(id.description) }
            try checkQuota([.subnet: count], project: project, &edit)
        }
        var ids: [ObjectID] = []
        var blocks: [ObjectID: [CIDR]] = [:]
        var entries: [ObjectID: [SubnetEntry]] = [:]
        for (input, network) in zip(inputs, networks) {
            var plan = try SubnetPlan(creating: input)
            let others = blocks[network.id] ?? edit.object(network.id)?.subnets.map(\.cidr) ?? []
            try plan.refuseOverlap(with: others, network: network.id)
            blocks[network.id] = others + [plan.cidr]
            plan.completePools()
            try plan.check()
            let id = edit.context.newID()
            var members = plan.entry
            members["subnet_uuid"] = .string(id.description)
            members["created"] = .string(edit.context.now.contrailText)
            members["last_modified"] = .string(edit.context.now.contrailText)
            ids.append(id)
            entries[network.id, default: []].append(SubnetEntry(id: id, members: members, extras: plan.extras))
        }
        var made: [ObjectID: NeutronSubnet] = [:]
        for (id, entries) in entries.sorted(by: { $0.key < $1.key }) {
            guard let object = edit.object(id) else { throw NeutronCollection.networks.notFound(id.description) }
            for subnet in try store(entries, on: object, &edit) { made[subnet.id] = subnet }
        }
        return ids.compactMap { made[$0] }
    }

    /// The network of each new subnet, which must be the caller's.
    private func networksForSubnets(
        _ inputs: [AttributeInput], _ edit: inout GraphEdit
    ) throws(NeutronError) -> [NeutronNetwork] {
        let caller = edit.context.caller
        var networks: [NeutronNetwork] = []
        for input in inputs {
            let network = try network(input, &edit)
            guard caller.isAdmin || network.projectID == Visibility.projectID(caller) else {
                guard network.isShared else { throw .pathNotFound }
                throw .disallowed(["create_subnet"])
            }
            networks.append(network)
        }
        return networks
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
        let stored = try store([SubnetEntry(id: subnet.id, members: entry, extras: plan.extras)], on: object, &edit)
        guard let changed = stored.first else { throw NeutronCollection.subnets.notFound(subnet.id.description) }
        return changed
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

    /// What a network keeps of one subnet.
    private struct SubnetEntry {
        let id: ObjectID
        /// The struct IpamSubnetType.
        let members: JSONObject
        /// What Contrail has no field for.
        let extras: JSONObject
    }

    /// Puts entries on their network, each in place of the one with its id or behind all others.
    ///
    /// - Returns: the subnets of the entries, in the network's order.
    private func store(
        _ entries: [SubnetEntry], on network: ConfigObject, _ edit: inout GraphEdit
    ) throws(NeutronError) -> [NeutronSubnet] {
        var links = network.references("network_ipam_refs")
        let kept = Set(network.subnets.map(\.id))
        for entry in entries where kept.contains(entry.id) {
            guard let place = Self.place(of: entry.id, in: links) else { continue }
            links[place.link] = Self.replacing(links[place.link], at: place.entry, with: entry.members)
        }
        let added = entries.filter { !kept.contains($0.id) }.map { JSONValue.object($0.members) }
        if !added.isEmpty { try append(added, to: &links, edit) }
        var references = network.references
        references["network_ipam_refs"] = links
        var properties = network.properties
        var extras = Extras(properties)
        let changed = Set(entries.map(\.id.description))
        extras.set(entries.map { ($0.id.description, $0.extras) }, of: NeutronSubnet.extrasGroup)
        extras.store(in: &properties)
        let object = try modelled { () throws(ModelError) in
            try edit.change(network.id, properties: properties, references: references)
        }
        guard let view = NeutronNetwork(object) else {
            throw NeutronCollection.networks.notFound(network.id.description)
        }
        return NeutronSubnet.subnets(of: object, network: view).filter { changed.contains($0.id.description) }
    }

    /// New subnets hang on the default ipam.
    private func append(
        _ entries: [JSONValue], to links: inout [Reference], _ edit: GraphEdit
    ) throws(NeutronError) {
        if let index = links.firstIndex(where: { $0.fqName == Bootstrap.defaultIPAM }) {
            let link = links[index]
            var attribute = link.attribute.objectValue ?? [:]
            attribute["ipam_subnets"] = .array((attribute["ipam_subnets"]?.arrayValue ?? []) + entries)
            links[index] = Reference(
                id: link.id, fqName: link.fqName, attribute: .object(attribute), isRelaxed: link.isRelaxed)
            return
        }
        guard let ipam = edit.object(type: "network-ipam", fqName: Bootstrap.defaultIPAM) else {
            throw NeutronError(
                status: 503, type: "ServiceUnavailable", message: "The default ipam does not exist yet.")
        }
        links.append(
            Reference(
                id: ipam.id, fqName: ipam.fqName, attribute: ["ipam_subnets": .array(entries), "host_routes": nil]))
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

    private static func replacing(_ link: Reference, at index: Int, with entry: JSONObject) -> Reference {
        var attribute = link.attribute.objectValue ?? [:]
        var entries = attribute["ipam_subnets"]?.arrayValue ?? []
        entries[index] = .object(entry)
        attribute["ipam_subnets"] = .array(entries)
        return Reference(id: link.id, fqName: link.fqName, attribute: .object(attribute), isRelaxed: link.isRelaxed)
    }
}
