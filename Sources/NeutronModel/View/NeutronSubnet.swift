import Addressing
import JSON
import Model

/// An entry of a virtual-network's `ipam_subnets` as Neutron's subnet.
package final class NeutronSubnet: NeutronView {
    package let id: ObjectID
    package let projectID: ObjectID
    package let networkID: ObjectID
    package let isForEveryone: Bool
    /// Whether its network is.
    package let isShared: Bool
    package let name: String
    package let cidr: CIDR
    package let gateway: IPAddress?
    package let enableDHCP: Bool
    package let pools: [AddressPool]
    package let nameservers: [String]
    package let hostRoutes: [HostRoute]
    /// `slaac`, `dhcpv6-stateful`, `dhcpv6-stateless` or nil.
    package let routerAdvertisementMode: String?
    package let addressMode: String?
    let text: String
    let standard: StandardAttributes
    package let cachedRendering = LazyRendering()

    /// A route that DHCP announces.
    package struct HostRoute: Hashable, Sendable {
        package let destination: String
        package let nextHop: String
    }

    /// Nil when the entry is not a subnet of Neutron's: it has no id or no block of its own.
    ///
    /// - Parameters:
    ///   - entry: the struct IpamSubnetType.
    ///   - parts: what the network's extras say about its subnets.
    init?(entry: JSONValue, of network: NeutronNetwork, parts: [String: JSONObject]) {
        guard let subnet = Subnet(entry) else { return nil }
        let own = parts[subnet.id.description] ?? [:]
        id = subnet.id
        projectID = network.projectID
        networkID = network.id
        isForEveryone = network.isForEveryone
        isShared = network.isShared
        name = entry["subnet_name"]?.stringValue ?? ""
        cidr = subnet.cidr
        gateway = subnet.gateway
        enableDHCP = entry["enable_dhcp"]?.boolValue ?? true
        pools = subnet.givenPools.isEmpty ? SubnetPlan.allPools(subnet) : subnet.givenPools
        nameservers = Self.nameservers(entry)
        hostRoutes = (entry["host_routes"]?["route"]?.arrayValue ?? []).compactMap { route in
            guard let prefix = route["prefix"]?.stringValue, let hop = route["next_hop"]?.stringValue else {
                return nil
            }
            return HostRoute(destination: prefix, nextHop: hop)
        }
        routerAdvertisementMode = own["ipv6_ra_mode"]?.stringValue
        addressMode = own["ipv6_address_mode"]?.stringValue
        text = own["description"]?.stringValue ?? ""
        standard = StandardAttributes(
            created: entry["created"]?.stringValue, modified: entry["last_modified"]?.stringValue
        ).orCreated(with: network.standard)
    }

    /// The subnets of a virtual-network, in order.
    static func subnets(of object: ConfigObject, network: NeutronNetwork) -> [NeutronSubnet] {
        let parts = Extras(object.properties).parts(of: extrasGroup)
        return object.references("network_ipam_refs").flatMap { reference in
            (reference.attribute["ipam_subnets"]?.arrayValue ?? []).compactMap {
                NeutronSubnet(entry: $0, of: network, parts: parts)
            }
        }
    }

    /// The name of the part of a network's extras that is its subnets'.
    static let extrasGroup = "subnets"

    /// Whether hosts make their own addresses from their MAC addresses, so that Neutron does not choose them.
    package var usesInterfaceIdentifiers: Bool {
        cidr.family == .v6 && (addressMode == "slaac" || addressMode == "dhcpv6-stateless")
    }

    private static func nameservers(_ entry: JSONValue) -> [String] {
        let own = (entry["dns_nameservers"]?.arrayValue ?? []).compactMap(\.stringValue)
        guard own.isEmpty else { return own }
        // Contrail's own plugin keeps them as DHCP option 6.
        let options = entry["dhcp_option_list"]?["dhcp_option"]?.arrayValue ?? []
        let option = options.first { $0["dhcp_option_name"]?.stringValue == "6" }
        return (option?["dhcp_option_value"]?.stringValue ?? "").split(separator: " ").map(String.init)
    }

    package var source: ObjectLink { ObjectLink(type: "virtual-network", id: networkID) }

    package var indexKeys: [IndexKey] {
        [.name(name), .project(projectID), .network(networkID)] + (isForEveryone ? [.everyone] : [])
    }

    package static let collection = NeutronCollection.subnets

    package static let attributes = AttributeTable<NeutronSubnet>(
        Attribute.identity + [
            Attribute("name") { .string($0.name) },
            Attribute("network_id") { .string($0.networkID.description) },
            Attribute("ip_version", .integer) { .integer(Int($0.cidr.family.rawValue)) },
            Attribute("cidr") { .string($0.cidr.description) },
            Attribute("gateway_ip") { AttributeValue($0.gateway?.description) },
            Attribute("enable_dhcp", .boolean) { .bool($0.enableDHCP) },
            Attribute("subnetpool_id") { _ in .null },
            // Neutron shows it with its networks only, and finds subnets by it.
            Attribute("shared", .boolean, sort: false, visible: false) { .bool($0.isShared) },
            Attribute("ipv6_ra_mode") { AttributeValue($0.routerAdvertisementMode) },
            Attribute("ipv6_address_mode") { AttributeValue($0.addressMode) },
            Attribute("allocation_pools") { view, writer in
                writer.beginArray()
                for pool in view.pools {
                    writer.beginObject()
                    writer.name("start")
                    writer.value(pool.first.description)
                    writer.name("end")
                    writer.value(pool.last.description)
                    writer.endObject()
                }
                writer.endArray()
            },
            Attribute("dns_nameservers") { view, writer in
                writer.beginArray()
                for server in view.nameservers { writer.value(server) }
                writer.endArray()
            },
            Attribute("host_routes") { view, writer in
                writer.beginArray()
                for route in view.hostRoutes {
                    writer.beginObject()
                    writer.name("destination")
                    writer.value(route.destination)
                    writer.name("nexthop")
                    writer.value(route.nextHop)
                    writer.endObject()
                }
                writer.endArray()
            },
            .tags,
        ] + Attribute.standard({ $0.standard }, description: { $0.text }))
}
