import Addressing
import JSON
import Model
import SeededChance

/// Values of the schema's kinds by chance: what clients of the config API may send.
struct RandomValues {
    var chance: Chance
    let schema: Schema
    /// Numbers the subnets, so that they do not overlap, and the MAC addresses.
    private var counter = 0

    init(chance: Chance, schema: Schema) {
        self.chance = chance
        self.schema = schema
    }

    mutating func next() -> Int {
        counter += 1
        return counter
    }

    /// A property's or field's value.
    mutating func value(_ field: ValueSchema, depth: Int = 0) -> JSONValue {
        guard field.isList else { return single(field, depth: depth) }
        return .array((0..<chance.number(below: 3)).map { _ in single(field, depth: depth) })
    }

    private mutating func single(_ field: ValueSchema, depth: Int) -> JSONValue {
        switch field.kind {
        case .boolean: return .bool(chance.happens(0.5))
        case .integer:
            let range = field.range ?? 0...9_999
            let number = range.lowerBound + chance.number(below: min(range.count, 100_000))
            return chance.happens(0.2) ? .string("\(number)") : .integer(number)
        case .string:
            if let choice = chance.choice(field.choices) { return .string(choice) }
            switch field.format {
            case .community: return .string(chance.choice(["64512:1", "no-export"]) ?? "")
            case .serviceInterface: return .string(chance.choice(["left", "other1"]) ?? "")
            case nil: return text()
            }
        case .structure(let name): return structure(name, depth: depth)
        }
    }

    mutating func text() -> JSONValue {
        let texts = ["", "a", "é ü", "x:y", " padded ", "10.0.0.7", "1", String(repeating: "long ", count: 60)]
        return .string(chance.choice(texts) ?? "")
    }

    /// A struct with some of its fields.
    mutating func structure(_ name: String, depth: Int = 0) -> JSONValue {
        switch name {
        case "SubnetType": return block()
        case "IpamSubnetType": return subnet()
        case "PolicyRuleType": return rule()
        case "AllowedAddressPair": return addressPair()
        case "RouteTargetList": return ["route_target": [.string("target:64999:\(next())")]]
        case "KeyValuePairs": return pairs()
        case "IdPermsType":
            return ["enable": .bool(chance.happens(0.7)), "description": text(), "created": "2020-01-01T00:00:00"]
        case "PermType2":
            var permissions: JSONObject = ["owner": "cloud-admin"]
            if chance.happens(0.5) { permissions["global_access"] = .integer(chance.number(below: 8)) }
            if chance.happens(0.3) { permissions["owner_access"] = .integer(chance.number(below: 8)) }
            return .object(permissions)
        case "QuotaType": return ["defaults": -1]
        default: break
        }
        var members = JSONObject()
        for (field, schema) in (schema.structs[name] ?? [:]).sorted(by: { $0.key < $1.key })
        where chance.happens(depth == 0 ? 0.7 : depth < 4 ? 0.4 : 0) {
            members[field] = chance.happens(0.1) ? .null : value(schema, depth: depth + 1)
        }
        return .object(members)
    }

    /// With host bits, or its length as a text, as clients write it.
    private mutating func block() -> JSONValue {
        let length = 25 + chance.number(below: 7)
        return [
            "ip_prefix": .string(chance.choice(["10.9.8.7", "192.0.2.0", "172.16.0.1"]) ?? ""),
            "ip_prefix_len": chance.happens(0.3) ? .string("\(length)") : .integer(length),
        ]
    }

    private mutating func pairs() -> JSONValue {
        let keys = ["zone", "a", "host_id", "vnic_type", "profile", "neutron"].filter { _ in chance.happens(0.4) }
        return [
            "key_value_pair": .array(keys.map { ["key": .string($0), "value": chance.happens(0.1) ? .null : text()] })
        ]
    }

    private mutating func addressPair() -> JSONValue {
        var pair: JSONObject = ["ip": block()]
        switch chance.number(below: 4) {
        case 0: break
        case 1: pair["mac"] = ""
        case 2: pair["mac"] = "02-AA-BB-00-00-01"
        default: pair["mac"] = "02:aa:bb:00:00:02"
        }
        if let mode = chance.choice(["active-active", "active-standby"]) { pair["address_mode"] = .string(mode) }
        return .object(pair)
    }

    private mutating func rule() -> JSONValue {
        let remote: JSONValue =
            chance.happens(0.5)
            ? ["subnet": block()]
            : ["security_group": .string(chance.choice(["any", "default-domain:default-project:absent"]) ?? "")]
        let local: JSONValue = ["security_group": "local"]
        let isIngress = chance.happens(0.5)
        var rule: JSONObject = [
            "direction": .string(chance.choice([">", "<>"]) ?? ">"),
            "protocol": .string(chance.choice(["any", "tcp", "udp", "icmp", "icmp6", "47", "132"]) ?? "any"),
            "src_addresses": isIngress ? [remote] : [local], "dst_addresses": isIngress ? [local] : [remote, remote],
            "src_ports": [["start_port": 0, "end_port": 65535]],
            "dst_ports": .array(
                (0...chance.number(below: 2)).map { _ in
                    let start = chance.number(below: 3) - 1
                    return ["start_port": .integer(start), "end_port": .integer(start + chance.number(below: 65000))]
                }),
            "rule_sequence": ["major": -1, "minor": .integer(next())],
        ]
        if let type = chance.choice(["IPv4", "IPv6", nil]) { rule["ethertype"] = type.map { .string($0) } ?? .null }
        if chance.happens(0.3) { rule["rule_uuid"] = .string("rule-\(next())") }
        if chance.happens(0.3) { rule["created"] = "yesterday" }
        return .object(rule)
    }

    private mutating func subnet() -> JSONValue {
        let number = next()
        let base = "10.\(number / 250).\(number % 250)"
        var subnet: JSONObject = ["subnet": ["ip_prefix": .string("\(base).0"), "ip_prefix_len": 24]]
        if chance.happens(0.5) { subnet["addr_from_start"] = .bool(chance.happens(0.7)) }
        if chance.happens(0.4) { subnet["default_gateway"] = .string(chance.happens(0.3) ? "0.0.0.0" : "\(base).7") }
        if chance.happens(0.3) { subnet["dns_server_address"] = .string("\(base).8") }
        if chance.happens(0.3) { subnet["enable_dhcp"] = .bool(chance.happens(0.5)) }
        if chance.happens(0.3) { subnet["subnet_name"] = text() }
        if chance.happens(0.3) { subnet["dns_nameservers"] = ["192.0.2.53", "not an address"] }
        if chance.happens(0.3) { subnet["created"] = "2020-01-01T00:00:00" }
        if chance.happens(0.4) {
            subnet["allocation_pools"] = .array(
                (1...2).map {
                    [
                        "start": .string("\(base).\($0 * 20)"), "end": .string("\(base).\($0 * 20 + 9)"),
                        "vrouter_specific_pool": .bool(chance.happens(0.5)),
                    ]
                })
        }
        if chance.happens(0.3) {
            subnet["dhcp_option_list"] = [
                "dhcp_option": [
                    ["dhcp_option_name": "4", "dhcp_option_value": "192.0.2.123"],
                    ["dhcp_option_name": "6", "dhcp_option_value": "192.0.2.53 192.0.2.54"],
                ]
            ]
        }
        if chance.happens(0.3) {
            subnet["host_routes"] = [
                "route": [
                    [
                        "prefix": "10.99.0.1/24", "next_hop": "10.0.0.9", "next_hop_type": "ip-address",
                        "community_attributes": ["community_attribute": ["64512:1"]],
                    ]
                ]
            ]
        }
        return .object(subnet)
    }
}
