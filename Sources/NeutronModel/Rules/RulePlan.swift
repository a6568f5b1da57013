import Addressing
import JSON
import Model
import Time

/// A security group rule as Neutron understands it, checked by Neutron's rules.
struct RulePlan {
    let isIngress: Bool
    let ethertype: String
    let protocolName: String?
    let portRangeMin: Int?
    let portRangeMax: Int?
    let remotePrefix: String?
    let remoteGroup: String?
    let text: String

    /// The rule of every new group: everything of a family may leave.
    init(egressFor ethertype: String) {
        isIngress = false
        self.ethertype = ethertype
        protocolName = nil
        portRangeMin = nil
        portRangeMax = nil
        remotePrefix = nil
        remoteGroup = nil
        text = ""
    }

    /// A rule that exists.
    init(_ rule: NeutronSecurityGroupRule) {
        isIngress = rule.isIngress
        ethertype = rule.ethertype
        protocolName = rule.protocolName
        portRangeMin = rule.portRangeMin
        portRangeMax = rule.portRangeMax
        remotePrefix = rule.remotePrefix
        remoteGroup = rule.remoteGroupID?.description ?? rule.remoteGroupName
        text = ""
    }

    init(_ input: AttributeInput) throws(NeutronError) {
        isIngress = input["direction"] == "ingress"
        ethertype = input["ethertype"]?.stringValue ?? "IPv4"
        text = input["description"]?.stringValue ?? ""
        remoteGroup = input["remote_group_id"]?.stringValue
        remotePrefix = input["remote_ip_prefix"]?.stringValue
        protocolName = Self.canonical(input["protocol"]?.stringValue, ethertype: ethertype)
        let low = input["port_range_min"]?.integerValue
        let high = input["port_range_max"]?.integerValue
        // Neutron takes the whole range for no range.
        (portRangeMin, portRangeMax) = low == 1 && high == 65535 ? (nil, nil) : (low, high)
        try checkPorts()
        try checkRemote()
        try checkProtocol()
    }

    /// Which packets a rule lets through, by Neutron's comparison: no two rules of a group have the same.
    struct Match: Hashable {
        let isIngress: Bool
        let ethertype: String
        let protocolNumber: Int?
        let portRangeMin: Int?
        let portRangeMax: Int?
        let remoteGroup: String?
        let remotePrefix: String?
    }

    var match: Match {
        Match(
            isIngress: isIngress, ethertype: ethertype, protocolNumber: protocolName.flatMap(RuleValues.number),
            portRangeMin: portRangeMin, portRangeMax: portRangeMax, remoteGroup: remoteGroup,
            remotePrefix: Self.comparable(remotePrefix))
    }

    /// The struct PolicyRuleType. No port is written as -1, which Contrail's clients read as any.
    func stored(id: ObjectID, now: Timestamp, remoteGroupName: String?) -> JSONValue {
        let remote: JSONValue
        if let remoteGroupName {
            remote = ["security_group": .string(remoteGroupName)]
        } else {
            let block = remotePrefix.flatMap(CIDR.init)
            let everything = IPAddress(family: ethertype == "IPv6" ? .v6 : .v4, bits: 0)
            remote = [
                "subnet": block?.subnetType
                    ?? ["ip_prefix": .string(everything.description), "ip_prefix_len": 0]
            ]
        }
        let local: JSONValue = ["security_group": "local"]
        let everyPort: JSONValue = [["start_port": 0, "end_port": 65535]]
        return [
            "rule_uuid": .string(id.description), "direction": ">", "protocol": .string(storedProtocol),
            "src_addresses": [isIngress ? remote : local], "src_ports": everyPort,
            "dst_addresses": [isIngress ? local : remote],
            "dst_ports": [
                ["start_port": .integer(portRangeMin ?? -1), "end_port": .integer(portRangeMax ?? -1)]
            ],
            "ethertype": .string(ethertype), "created": .string(now.contrailText),
            "last_modified": .string(now.contrailText),
        ]
    }

    /// What the struct does not keep as it was said.
    var extras: JSONObject {
        var extras = JSONObject()
        if !text.isEmpty { extras["description"] = .string(text) }
        if let protocolName, storedProtocol != protocolName, storedProtocol != "icmp6" || protocolName != "ipv6-icmp" {
            extras["protocol"] = .string(protocolName)
        }
        if let remotePrefix, let block = CIDR(remotePrefix),
            block.description != remotePrefix || block.prefixLength == 0
        {
            extras["remote_ip_prefix"] = .string(remotePrefix)
        }
        return extras
    }

    /// Contrail knows four protocols by name, and all by number.
    private var storedProtocol: String {
        guard let protocolName else { return "any" }
        switch protocolName {
        case "tcp", "udp", "icmp": return protocolName
        case "ipv6-icmp", "icmpv6": return "icmp6"
        default: return RuleValues.number(of: protocolName).map(String.init) ?? protocolName
        }
    }

    private static func canonical(_ name: String?, ethertype: String) -> String? {
        guard ethertype == "IPv6" else { return name }
        return switch name {
        case "icmp", "icmpv6": "ipv6-icmp"
        case "1": "58"
        default: name
        }
    }

    /// Every prefix that means everything is none.
    private static func comparable(_ prefix: String?) -> String? {
        prefix == "0.0.0.0/0" || prefix == "::/0" ? nil : prefix
    }

    private func checkPorts() throws(NeutronError) {
        guard portRangeMin != nil || portRangeMax != nil else { return }
        guard let protocolName else {
            throw Self.error(
                "SecurityGroupProtocolRequiredWithPorts", "Must also specify protocol if port range is given.")
        }
        switch RuleValues.number(of: protocolName) {
        case 33, 132, 6, 17, 136:
            guard portRangeMin != 0, portRangeMax != 0 else {
                throw Self.error("SecurityGroupInvalidPortValue", "Invalid value for port 0")
            }
            guard let portRangeMin, let portRangeMax, portRangeMin <= portRangeMax else {
                throw Self.error(
                    "SecurityGroupInvalidPortRange", "For TCP/UDP protocols, port_range_min must be <= port_range_max")
            }
        case 1, 58:
            for (value, attribute, field) in [
                (portRangeMin, "port_range_min", "type"), (portRangeMax, "port_range_max", "code"),
            ] {
                if let value, value > 255 {
                    throw Self.error(
                        "SecurityGroupInvalidIcmpValue",
                        "Invalid value for ICMP \(field) (\(attribute)) \(value). It must be 0 to 255.")
                }
            }
            if portRangeMin == nil, let portRangeMax {
                throw Self.error(
                    "SecurityGroupMissingIcmpType",
                    "ICMP code (port-range-max) \(portRangeMax) is provided but ICMP type (port-range-min) is missing.")
            }
        default:
            throw Self.error(
                "SecurityGroupInvalidProtocolForPort",
                "Ports cannot be specified for protocol \(protocolName). Ports are only supported for DCCP, SCTP, TCP, "
                    + "UDP, UDPLITE.")
        }
    }

    private func checkRemote() throws(NeutronError) {
        if let remotePrefix, let block = CIDR(remotePrefix), ethertype != "IPv\(block.family.rawValue)" {
            throw Self.error(
                "SecurityGroupRuleParameterConflict",
                "Conflicting value ethertype \(ethertype) for CIDR \(remotePrefix)")
        }
        guard remotePrefix == nil || remoteGroup == nil else {
            throw Self.error(
                "SecurityGroupMultipleRemoteEntites",
                "Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be provided.")
        }
    }

    private func checkProtocol() throws(NeutronError) {
        let onlyIPv6: Set<Int> = [41, 43, 44, 58, 59, 60]
        guard ethertype == "IPv4", let protocolName, let number = RuleValues.number(of: protocolName),
            onlyIPv6.contains(number)
        else { return }
        throw Self.error(
            "SecurityGroupEthertypeConflictWithProtocol",
            "Invalid ethertype \(ethertype) for protocol \(protocolName).")
    }

    private static func error(_ type: String, _ message: String) -> NeutronError {
        NeutronError(status: 400, type: type, message: message)
    }
}
