import Addressing
import JSON

/// The subnets that a client gives to a network (vnc-api.md, 3.3).
enum SubnetChecks {
    /// - Parameter old: the network before an update.
    /// - Throws: 400 and 409 as the original answers.
    static func check(
        _ links: [Reference], network: ObjectID, replacing old: ConfigObject?, _ edit: GraphEdit
    ) throws(ConfigFault) {
        var blocks: [CIDR] = []
        // Neutron knows a subnet by its id.
        let ids = Dictionary(
            links.flatMap { $0.attribute["ipam_subnets"]?.arrayValue ?? [] }.compactMap {
                $0["subnet_uuid"]?.stringValue.map { ($0, 1) }
            }, uniquingKeysWith: +)
        let before = Dictionary(
            (old?.subnets ?? []).map { ($0.id.description, $0) }, uniquingKeysWith: { first, _ in first })
        // Subnets that stay as they were, Neutron's too, are not judged again.
        let known = Set(
            (old?.references("network_ipam_refs") ?? []).flatMap { $0.attribute["ipam_subnets"]?.arrayValue ?? [] })
        for link in links {
            let isFlat = edit.object(link.id)?.properties["ipam_subnet_method"] == "flat-subnet"
            for json in isFlat ? [] : link.attribute["ipam_subnets"]?.arrayValue ?? [] {
                guard let cidr = json["subnet"].flatMap(CIDR.init(subnetType:)) else {
                    throw ConfigFault(400, "Invalid subnet: \(json.pythonText)")
                }
                blocks.append(cidr)
                guard !known.contains(json) else { continue }
                if let id = json["subnet_uuid"]?.stringValue, ids[id] ?? 0 > 1 {
                    throw ConfigFault(409, "Invalid subnet_uuid: \(id) is the id of two subnets")
                }
                let hasPools = !(json["allocation_pools"]?.isFalsy ?? true)
                guard cidr.family.bitWidth - cidr.prefixLength >= 2 || hasPools else {
                    throw ConfigFault(400, "Subnet(\(cidr)) has no address to hand out: Pool range<=block_alloc_unit")
                }
                try checkAddresses(json, cidr, replacing: json["subnet_uuid"]?.stringValue.flatMap { before[$0] })
            }
        }
        if let (block, other) = overlap(in: blocks) {
            throw ConfigFault(400, "Overlapping addresses: ['\(block)', '\(other)']")
        }
    }

    /// Two blocks that share addresses, in the order they came in. Of two blocks one contains the other or they share
    /// nothing: so among blocks in the order of their first addresses, the larger first, such two are neighbours.
    private static func overlap(in blocks: [CIDR]) -> (CIDR, CIDR)? {
        let ordered = blocks.indices.sorted { left, right in
            (blocks[left].first, blocks[left].prefixLength, left) < (
                blocks[right].first, blocks[right].prefixLength, right
            )
        }
        for (one, next) in zip(ordered, ordered.dropFirst()) where blocks[one].overlaps(blocks[next]) {
            return (blocks[min(one, next)], blocks[max(one, next)])
        }
        return nil
    }

    /// The links with what the server had filled in taken over, for subnets that the client names by prefix only.
    static func inheriting(_ links: [Reference], from old: ConfigObject) -> [Reference] {
        var known: [CIDR: JSONObject] = [:]
        for json in old.references("network_ipam_refs").flatMap({ $0.attribute["ipam_subnets"]?.arrayValue ?? [] }) {
            if let members = json.objectValue, let cidr = json["subnet"].flatMap(CIDR.init(subnetType:)) {
                known[cidr] = members
            }
        }
        return links.map { link in
            guard var attribute = link.attribute.objectValue, let subnets = attribute["ipam_subnets"]?.arrayValue else {
                return link
            }
            attribute["ipam_subnets"] = .array(
                subnets.map { json in
                    guard var members = json.objectValue, members["subnet_uuid"]?.stringValue == nil,
                        let before = json["subnet"].flatMap(CIDR.init(subnetType:)).flatMap({ known[$0] })
                    else { return json }
                    for name in ["subnet_uuid", "default_gateway", "dns_server_address", "addr_from_start"]
                    where members[name]?.isNull ?? true {
                        members[name] = before[name]
                    }
                    return .object(members)
                })
            return Reference(
                id: link.id, fqName: link.fqName, attribute: .object(attribute), isRelaxed: link.isRelaxed)
        }
    }

    private static func checkAddresses(
        _ json: JSONValue, _ cidr: CIDR, replacing old: Subnet?
    ) throws(ConfigFault) {
        if let text = json["subnet_uuid"], !text.isNull, text.stringValue.flatMap({ ObjectID($0) }) == nil {
            throw ConfigFault(409, "Invalid subnet_uuid: \(text.pythonText)")
        }
        if let old, old.cidr != cidr {
            throw ConfigFault(400, "The prefix of subnet \(old.id) cannot be changed from \(old.cidr) to \(cidr)")
        }
        for (name, words) in [("default_gateway", "Gateway IP"), ("dns_server_address", "DNS Server IP")] {
            guard let value = json[name], !value.isFalsy else { continue }
            guard let address = value.stringValue.flatMap({ IPAddress($0) }) else {
                throw ConfigFault(409, "Invalid \(words): \(value.pythonText)")
            }
            let isOutside = name == "default_gateway" && address.bits != 0 && !cidr.contains(address)
            guard !isOutside || address == old?.gateway else {
                throw ConfigFault(409, "\(words) \(address) is outside of subnet(\(cidr))")
            }
            if let old, name == "default_gateway", (address.bits == 0 ? nil : address) != old.gateway {
                throw ConfigFault(400, "update_subnet: default gateway of subnet \(old.id) cannot be changed")
            }
        }
        try checkPools(json, cidr, replacing: old)
    }

    private static func checkPools(_ json: JSONValue, _ cidr: CIDR, replacing old: Subnet?) throws(ConfigFault) {
        var pools: Set<AddressPool> = []
        for pool in json["allocation_pools"]?.arrayValue ?? [] {
            guard let first = pool["start"]?.stringValue.flatMap({ IPAddress($0) }),
                let last = pool["end"]?.stringValue.flatMap({ IPAddress($0) }), cidr.contains(first),
                cidr.contains(last), first <= last
            else {
                throw ConfigFault(
                    409, "allocation pool \(pool.pythonText) is not inside of subnet(\(cidr)), or reversed")
            }
            pools.insert(AddressPool(first: first, last: last))
        }
        guard let old, !(json["allocation_pools"]?.isNull ?? true) else { return }
        for pool in old.givenPools where !pools.contains(pool) {
            throw ConfigFault(400, "allocation pool \(pool.first)-\(pool.last) of subnet \(old.id) cannot be removed")
        }
    }
}
