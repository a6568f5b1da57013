import Addressing
import JSON
import Synchronization

/// A block of addresses of a network, as the `attr` of `network_ipam_refs` describes it (struct IpamSubnetType).
package struct Subnet: Hashable, Sendable {
    package let id: ObjectID
    package let cidr: CIDR
    /// Nil when the subnet has none (written as `0.0.0.0` or `::`).
    package let gateway: IPAddress?
    /// Where the compute nodes answer DNS and DHCP; never handed out.
    package let serviceAddress: IPAddress?
    /// The pools that the client gave; empty for the whole block.
    package let givenPools: [AddressPool]
    /// Whether addresses are handed out from the low end; otherwise from the high end.
    package let allocatesFromStart: Bool

    /// Reads the struct; nil when prefix or id are missing or damaged.
    package init?(_ json: JSONValue) {
        guard let id = json["subnet_uuid"]?.stringValue.flatMap(ObjectID.init),
            let cidr = json["subnet"].flatMap(CIDR.init(subnetType:))
        else { return nil }
        self.id = id
        self.cidr = cidr
        gateway = Self.address(json["default_gateway"])
        serviceAddress = Self.address(json["dns_server_address"])
        givenPools = (json["allocation_pools"]?.arrayValue ?? []).compactMap { pool in
            guard let first = pool["start"]?.stringValue.flatMap(IPAddress.init),
                let last = pool["end"]?.stringValue.flatMap(IPAddress.init)
            else { return nil }
            return AddressPool(first: first, last: last)
        }
        allocatesFromStart = json["addr_from_start"]?.boolValue ?? false
    }

    /// The pools that addresses are handed out from: the given ones, or everything but the first and last address.
    package var pools: [AddressPool] {
        guard givenPools.isEmpty else { return givenPools }
        guard let first = cidr.first.advanced(by: 1), let last = cidr.last.advanced(by: -1), first <= last else {
            return []
        }
        return [AddressPool(first: first, last: last)]
    }

    /// The addresses that are never handed out without being asked for.
    package var reserved: Set<IPAddress> {
        var reserved: Set<IPAddress> = []
        // A block of one or two addresses has no address for itself, and IPv6 has no broadcast (RFC 3021, RFC 4291).
        if cidr.prefixLength < cidr.family.bitWidth - 1 {
            reserved.insert(cidr.first)
            if cidr.family == .v4 { reserved.insert(cidr.last) }
        }
        if let gateway { reserved.insert(gateway) }
        if let serviceAddress { reserved.insert(serviceAddress) }
        return reserved
    }

    private static func address(_ json: JSONValue?) -> IPAddress? {
        guard let address = json?.stringValue.flatMap(IPAddress.init), address.bits != 0 else { return nil }
        return address
    }
}

extension CIDR {
    /// Reads the struct SubnetType: `ip_prefix` and `ip_prefix_len`.
    package init?(subnetType json: JSONValue) {
        guard let address = json["ip_prefix"]?.stringValue.flatMap(IPAddress.init),
            let length = json["ip_prefix_len"]?.integerValue
        else { return nil }
        self.init(address, prefixLength: length)
    }

    /// The struct SubnetType.
    package var subnetType: JSONValue {
        ["ip_prefix": .string(address.description), "ip_prefix_len": .integer(prefixLength)]
    }
}

/// The subnets of an object, read once by whoever asks first: each address that is taken of a network asks for them.
final class LazySubnets: Sendable {
    private final class Subnets: Sendable {
        let list: [Subnet]

        init(_ list: [Subnet]) { self.list = list }
    }

    private let made = AtomicLazyReference<Subnets>()

    func value(_ make: () -> [Subnet]) -> [Subnet] {
        (made.load() ?? made.storeIfNil(Subnets(make()))).list
    }
}

extension ConfigObject {
    /// The subnets of a virtual-network, in order.
    package var subnets: [Subnet] {
        guard let references = references["network_ipam_refs"] else { return [] }
        return knownSubnets.value {
            references.flatMap { reference in
                (reference.attribute["ipam_subnets"]?.arrayValue ?? []).compactMap(Subnet.init)
            }
        }
    }
}
