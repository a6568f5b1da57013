import Addressing
import JSON
import Model

/// A policy_rule of a security-group as Neutron's rule.
///
/// The side that is not `local` is the remote one. "Every port" is `-1` to `-1` when Neutron wrote it and `0` to `65535`
/// when Contrail's clients did; both are null here, as Neutron has no rule for TCP or UDP with port 0.
package final class NeutronSecurityGroupRule: NeutronView {
    package let id: ObjectID
    package let projectID: ObjectID
    package let groupID: ObjectID
    package let isIngress: Bool
    package let ethertype: String
    package let protocolName: String?
    package let portRangeMin: Int?
    package let portRangeMax: Int?
    package let remotePrefix: String?
    package let remoteGroupID: ObjectID?
    /// The full name of the remote group, whether it exists or not.
    package let remoteGroupName: String?
    let text: String
    let standard: StandardAttributes
    package let cachedRendering = LazyRendering()

    /// Nil when the rule has no id.
    ///
    /// - Parameter parts: what the group's extras say about its rules.
    init?(
        _ json: JSONValue, group: ObjectID, projectID: ObjectID, parts: [String: JSONObject], created: String?,
        groupID: (String) -> ObjectID?
    ) {
        guard let id = json["rule_uuid"]?.stringValue.flatMap(ObjectID.init) else { return nil }
        let own = parts[id.description] ?? [:]
        self.id = id
        self.projectID = projectID
        self.groupID = group
        let sources = json["src_addresses"]?.arrayValue ?? []
        let destinations = json["dst_addresses"]?.arrayValue ?? []
        isIngress = destinations.contains { $0["security_group"]?.stringValue == "local" }
        let remote = (isIngress ? sources : destinations).first
        ethertype = json["ethertype"]?.stringValue ?? "IPv4"
        let stored = json["protocol"]?.stringValue ?? "any"
        protocolName =
            own["protocol"]?.stringValue ?? (stored == "any" ? nil : stored == "icmp6" ? "ipv6-icmp" : stored)
        let ports = json["dst_ports"]?.arrayValue?.first
        (portRangeMin, portRangeMax) = Self.range(
            ports?["start_port"]?.integerValue ?? -1, ports?["end_port"]?.integerValue ?? -1,
            isICMP: ["icmp", "icmp6", "1", "58"].contains(stored))
        let block = remote?["subnet"].flatMap(CIDR.init(subnetType:))
        remotePrefix =
            own["remote_ip_prefix"]?.stringValue ?? block.flatMap { $0.prefixLength == 0 ? nil : $0.description }
        remoteGroupName = remote?["security_group"]?.stringValue.flatMap { $0 == "local" ? nil : $0 }
        remoteGroupID = remoteGroupName.flatMap(groupID)
        text = own["description"]?.stringValue ?? ""
        standard = StandardAttributes(
            created: json["created"]?.stringValue ?? created, modified: json["last_modified"]?.stringValue)
    }

    /// The name of the part of a group's extras that is its rules'.
    static let extrasGroup = "rules"

    /// ICMP's are a type and a code; more than 255 is every code, as Contrail's clients write it.
    private static func range(_ start: Int, _ end: Int, isICMP: Bool) -> (Int?, Int?) {
        if start == 0, end == 65535 { return (nil, nil) }
        if isICMP, end > 255 { return (start < 0 || start > 255 ? nil : start, nil) }
        return (start < 0 ? nil : start, end < 0 ? nil : end)
    }

    package var source: ObjectLink { ObjectLink(type: "security-group", id: groupID) }

    package var indexKeys: [IndexKey] { [.project(projectID), .securityGroup(groupID)] }

    package static let collection = NeutronCollection.securityGroupRules

    package static let attributes = AttributeTable<NeutronSecurityGroupRule>(
        Attribute.identity + [
            Attribute("security_group_id") { .string($0.groupID.description) },
            Attribute("direction") { .string($0.isIngress ? "ingress" : "egress") },
            Attribute("ethertype") { .string($0.ethertype) },
            Attribute("protocol") { AttributeValue($0.protocolName) },
            Attribute("port_range_min", .integer) { AttributeValue($0.portRangeMin) },
            Attribute("port_range_max", .integer) { AttributeValue($0.portRangeMax) },
            Attribute("remote_ip_prefix") { AttributeValue($0.remotePrefix) },
            Attribute("remote_group_id") { AttributeValue($0.remoteGroupID?.description) },
        ] + Attribute.standard({ $0.standard }, description: { $0.text }))
}
