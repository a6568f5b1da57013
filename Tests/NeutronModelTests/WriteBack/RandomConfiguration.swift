import Addressing
import HashTreeCollections
import JSON
import Model
import SeededChance

/// Objects of every type of the schema, made through the config API with random properties and references.
struct RandomConfiguration {
    private(set) var cloud: Cloud
    private var values: RandomValues
    /// How many were made, by type.
    private(set) var made: [String: Int] = [:]

    init(seed: UInt64) throws {
        cloud = try Cloud(seed: seed)
        values = RandomValues(chance: Chance(seed: seed), schema: cloud.snapshot.schema)
    }

    /// The types of which no client makes objects: the root, and what there is once.
    static let fixed: Set<String> = ["config-root", "global-system-config"]

    /// One object of each type at least, and more of those that Neutron shows.
    mutating func fill() throws {
        let types = cloud.snapshot.schema.types.keys.filter { !Self.fixed.contains($0) }.sorted()
        for type in ["virtual-network", "security-group"] + types { try make(type) }
        for _ in 0..<4 {
            for type in ["virtual-network", "security-group", "virtual-machine-interface", "instance-ip"] {
                try make(type)
            }
        }
    }

    /// Tries a few times: some random values are not valid together.
    private mutating func make(_ type: String) throws {
        for attempt in 0..<12 {
            guard let members = try members(of: type, isPlain: attempt > 8) else { return }
            if try cloud.configMake(type, members) != nil {
                made[type, default: 0] += 1
                return
            }
        }
    }

    private mutating func members(of type: String, isPlain: Bool) throws -> JSONObject? {
        guard let schema = cloud.snapshot.schema.types[type] else { return nil }
        let name = type == "route-target" ? "target:64998:\(values.next())" : "\(type)-\(values.next())"
        var members: JSONObject = [:]
        let parents = (schema.parents.isEmpty ? ["config-root"] : schema.parents).filter { $0 != "project" || !isPlain }
        guard let parentType = values.chance.choice(parents.isEmpty ? schema.parents : parents) else { return nil }
        members["parent_type"] = .string(parentType)
        if parentType == "config-root" {
            members["fq_name"] = [.string(name)]
        } else {
            if objects(parentType).isEmpty { try make(parentType) }
            // Pools of addresses are of use on networks with subnets only.
            let candidates = objects(parentType)
            let usable = parentType == "virtual-network" ? candidates.filter { !$0.subnets.isEmpty } : candidates
            guard let parent = values.chance.choice(usable) else { return nil }
            members["fq_name"] = .array((parent.fqName + [name]).map { .string($0) })
        }
        for (name, property) in schema.properties.sorted(by: { $0.key < $1.key })
        where !isPlain && values.chance.happens(0.5) {
            members[name] = values.value(property)
        }
        for (name, link) in schema.references.sorted(by: { $0.key < $1.key })
        where !isPlain && values.chance.happens(0.4) {
            members[name] = references(link, count: 1 + values.chance.number(below: 2))
        }
        complete(type, &members)
        return members
    }

    private mutating func references(_ link: LinkSchema, count: Int) -> JSONValue {
        var entries: [JSONValue] = []
        for _ in 0..<count {
            guard let target = values.chance.choice(objects(link.type)) else { continue }
            var entry: JSONObject = ["uuid": .string(target.id.description)]
            if let attribute = link.attribute {
                entry["attr"] = values.chance.happens(0.2) ? .null : values.structure(attribute)
            }
            entries.append(.object(entry))
        }
        return .array(entries)
    }

    /// What single types need besides what the schema says.
    private mutating func complete(_ type: String, _ members: inout JSONObject) {
        for name in ["virtual_network_network_id", "security_group_id", "tag_id"] { members[name] = nil }
        switch type {
        case "virtual-network":
            let ipam = objects("network-ipam").first { $0.fqName == Bootstrap.defaultIPAM }
            let subnets = (0...values.chance.number(below: 2)).map { _ in values.structure("IpamSubnetType") }
            members["network_ipam_refs"] = [
                ["uuid": .string(ipam?.id.description ?? ""), "attr": ["ipam_subnets": .array(subnets)]]
            ]
        case "network-ipam":
            members["ipam_subnets"] = nil
            if members["ipam_subnet_method"] == "flat-subnet" {
                members["ipam_subnets"] = ["subnets": [values.structure("IpamSubnetType")]]
            }
        case "network-policy":
            members["network_policy_entries"] = [
                "policy_rule": [["protocol": "tcp", "action_list": ["simple_action": "pass"], "direction": "<>"]]
            ]
        case "virtual-machine-interface":
            members["virtual_network_refs"] = one("virtual-network")
            members["virtual_machine_interface_mac_addresses"] = [
                "mac_address": [.string("02-00-00-00-AA-\(10 + values.next() % 80)")]
            ]
        case "instance-ip":
            members["virtual_network_refs"] = one("virtual-network")
            for name in ["instance_ip_address", "subnet_uuid", "instance_ip_family"] { members[name] = nil }
            let ports = objects("virtual-machine-interface")
            if let port = values.chance.choice(ports), let network = port.references("virtual_network_refs").first {
                members["virtual_network_refs"] = [["uuid": .string(network.id.description)]]
                members["virtual_machine_interface_refs"] = [["uuid": .string(port.id.description)]]
            }
        case "floating-ip": members["floating_ip_address"] = nil
        case "alias-ip": members["alias_ip_address"] = nil
        case "tag":
            members["tag_type_name"] = .string(values.chance.choice(["label", "Tier", "own"]) ?? "label")
            members["tag_value"] = .string("v\(values.next())")
        case "alarm": members["alarm_rules"] = values.structure("AlarmOrList")
        case "loadbalancer-healthmonitor":
            members["loadbalancer_healthmonitor_properties"] = values.structure("LoadbalancerHealthmonitorType")
        default: break
        }
    }

    private mutating func one(_ type: String) -> JSONValue {
        values.chance.choice(objects(type)).map { [["uuid": .string($0.id.description)]] } ?? []
    }

    private func objects(_ type: String) -> [ConfigObject] {
        cloud.snapshot.objects(ofType: type).values.sorted {
            $0.fqName.joined(separator: ":") < $1.fqName.joined(separator: ":")
        }
    }
}
