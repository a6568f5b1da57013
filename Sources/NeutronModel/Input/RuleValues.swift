import Addressing
import JSON

/// The values of a security group rule's body.
enum RuleValues {
    /// The protocols that Neutron knows by name, with their numbers.
    static let protocols: [(name: String, number: Int)] = [
        ("ah", 51), ("dccp", 33), ("egp", 8), ("esp", 50), ("gre", 47), ("hopopt", 0), ("icmp", 1), ("igmp", 2),
        ("ip", 0), ("ipip", 4), ("ipv6-encap", 41), ("ipv6-frag", 44), ("ipv6-icmp", 58), ("icmpv6", 58),
        ("ipv6-nonxt", 59), ("ipv6-opts", 60), ("ipv6-route", 43), ("ospf", 89), ("pgm", 113), ("rsvp", 46),
        ("sctp", 132), ("tcp", 6), ("udp", 17), ("udplite", 136), ("vrrp", 112),
    ]

    /// The number of a protocol by name or by number in text.
    static func number(of name: String) -> Int? {
        protocols.first { $0.name == name }?.number ?? Int(name)
    }

    static let protocolName: @Sendable (JSONValue) throws(NeutronError) -> JSONValue = {
        (value) throws(NeutronError) in
        if value.isNull || value == "any" { return .null }
        if let number = value.integerValue ?? value.stringValue.flatMap(Convert.integer(text:)),
            (0...255).contains(number)
        {
            return .string("\(number)")
        }
        if let name = value.stringValue?.lowercased(), protocols.contains(where: { $0.name == name }) {
            return .string(name)
        }
        let known = PythonText.text(.array([nil, "any"] + protocols.map { .string($0.name) }))
        throw NeutronError(
            status: 400, type: "SecurityGroupRuleInvalidProtocol",
            message: "Security group rule protocol \(PythonText.text(value)) not supported. Only protocol values "
                + "(\(known.dropFirst().dropLast())) and integer representations [0 to 255] are supported.")
    }

    static let port: @Sendable (JSONValue) throws(NeutronError) -> JSONValue = { (value) throws(NeutronError) in
        if value.isNull { return value }
        guard value.boolValue == nil, let port = try? Convert.integer(value), (0...65535).contains(port) else {
            throw NeutronError(
                status: 400, type: "SecurityGroupInvalidPortValue",
                message: "Invalid value for port \(PythonText.text(value))")
        }
        return .integer(port)
    }

    static let ethertype: @Sendable (JSONValue) throws(NeutronError) -> JSONValue = { (value) throws(NeutronError) in
        switch value.stringValue?.lowercased() {
        case "ipv4": return "IPv4"
        case "ipv6": return "IPv6"
        default:
            throw NeutronError(
                status: 400, type: "SecurityGroupRuleInvalidEtherType",
                message: "Security group rule for ethertype '\(PythonText.text(value))' not supported. Allowed values "
                    + "are ['IPv4', 'IPv6'].")
        }
    }

    /// A block as it was given, with a length when it had none; null for none.
    static let prefix: @Sendable (JSONValue) throws(NeutronError) -> JSONValue = { (value) throws(NeutronError) in
        if value.isNull || value == "" { return .null }
        guard let text = value.stringValue, let block = try? Convert.canonicalBlock(.string(text)) else {
            throw NeutronError(
                status: 400, type: "InvalidCIDR",
                message: "Invalid CIDR \(PythonText.text(value)) given as IP prefix.")
        }
        return block
    }
}
