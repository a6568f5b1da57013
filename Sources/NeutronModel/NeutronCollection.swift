import Addressing

/// The collections of Neutron's core that Skein serves.
package enum NeutronCollection: String, CaseIterable, Sendable {
    case networks
    case subnets
    case ports
    case securityGroups = "security_groups"
    case securityGroupRules = "security_group_rules"

    /// The name in paths: `security-groups`.
    package var path: String { rawValue.replacing("_", with: "-") }

    /// The member that holds many in bodies, `security_groups`.
    package var plural: StaticString {
        switch self {
        case .networks: "networks"
        case .subnets: "subnets"
        case .ports: "ports"
        case .securityGroups: "security_groups"
        case .securityGroupRules: "security_group_rules"
        }
    }

    /// The member that holds one in bodies and the name in policies: `security_group`.
    package var resource: StaticString {
        switch self {
        case .networks: "network"
        case .subnets: "subnet"
        case .ports: "port"
        case .securityGroups: "security_group"
        case .securityGroupRules: "security_group_rule"
        }
    }

    /// The collection with this name in a path.
    package init?(path: String) {
        guard let found = Self.allCases.first(where: { $0.path == path }) else { return nil }
        self = found
    }

    /// The error for an id of which the caller knows nothing.
    func notFound(_ id: String) -> NeutronError {
        let (type, message) =
            switch self {
            case .networks: ("NetworkNotFound", "Network \(id) could not be found.")
            case .subnets: ("SubnetNotFound", "Subnet \(id) could not be found.")
            case .ports: ("PortNotFound", "Port \(id) could not be found.")
            case .securityGroups: ("SecurityGroupNotFound", "Security group \(id) does not exist")
            case .securityGroupRules: ("SecurityGroupRuleNotFound", "Security group rule \(id) does not exist")
            }
        return NeutronError(status: 404, type: type, message: message)
    }
}
