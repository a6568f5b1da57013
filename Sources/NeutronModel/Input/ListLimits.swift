import JSON
import Model

/// How long the lists in a body may be, looked at before their elements are.
enum ListLimits {
    /// Most objects that one request makes: what an edit takes at most.
    static let objects = EditLimits.objects
    /// Most addresses of a port. Neutron's option `max_fixed_ips_per_port` was 5 and is gone; each is an object here.
    static let fixedAddresses = 128
    /// Most security groups of a port; Neutron has no limit.
    static let securityGroups = 128
    /// Most DHCP options in one request; Neutron has no limit.
    static let dhcpOptions = 128
    /// Most pools of a subnet; Neutron has no limit.
    static let pools = 256
    /// Neutron's default `max_allowed_address_pair`.
    static let addressPairs = 10
    /// Neutron's default `max_dns_nameservers`.
    static let nameservers = 5
    /// Neutron's default `max_subnet_host_routes`.
    static let hostRoutes = 20

    /// - Throws: 413 for more objects than one request may make.
    static func checkObjects(_ count: Int) throws(NeutronError) {
        guard count <= objects else {
            throw NeutronError(
                status: 413, type: "HTTPRequestEntityTooLarge",
                message: "\(count) objects are too many for one request: ask for at most \(objects) at once.")
        }
    }

    static let portAddresses: InputAttribute.Conversion = { (value) throws(NeutronError) in
        try check(value, fixedAddresses, .invalidInput("Exceeded maximum amount of fixed ips per port"))
        return value
    }

    static let portGroups: InputAttribute.Conversion = { (value) throws(NeutronError) in
        try check(value, securityGroups, .invalidInput("a port has at most \(securityGroups) security_groups"))
        return value.isNull ? [] : value
    }

    static let subnetPools: InputAttribute.Conversion = { (value) throws(NeutronError) in
        try check(value, pools, .invalidInput("a subnet has at most \(pools) allocation_pools"))
        return value.isNull ? [] : value
    }

    static let subnetNameservers = subnetList(
        nameservers, type: "DNSNameServersExhausted", named: "DNS nameservers")
    static let subnetRoutes = subnetList(hostRoutes, type: "HostRoutesExhausted", named: "host routes")

    private static func subnetList(_ maximum: Int, type: String, named name: String) -> InputAttribute.Conversion {
        { (value) throws(NeutronError) in
            try check(
                value, maximum,
                NeutronError(
                    status: 400, type: type,
                    message: "Unable to complete operation for new subnet. "
                        + "The number of \(name) exceeds the limit \(maximum)."))
            return value.isNull ? [] : value
        }
    }

    /// Refuses a list with more elements; what is no list has none.
    static func check(
        _ value: JSONValue, _ maximum: Int, _ error: @autoclosure () -> NeutronError
    ) throws(NeutronError) {
        guard value.arrayValue?.count ?? 0 <= maximum else { throw error() }
    }
}
