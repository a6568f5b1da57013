import Addressing
import JSON
import Model

/// What a subnet is going to be, checked by Neutron's rules.
struct SubnetPlan {
    let cidr: CIDR
    private(set) var gateway: IPAddress?
    private(set) var pools: [AddressPool]
    /// The members of the struct IpamSubnetType that were decided.
    private(set) var entry: JSONObject = [:]
    /// What Contrail has no field for.
    private(set) var extras: JSONObject = [:]
    private let enablesDHCP: Bool
    private let isNew: Bool
    private let mustCheckPools: Bool
    private let input: AttributeInput

    init(creating input: AttributeInput) throws(NeutronError) {
        guard input["cidr"].map({ !$0.isNull }) ?? false || input["subnetpool_id"].map({ !$0.isNull }) ?? false else {
            throw .badRequest(
                resource: "subnets", "a subnetpool must be specified in the absence of a cidr")
        }
        if let pool = input["subnetpool_id"], !pool.isNull {
            throw NeutronError(
                status: 404, type: "SubnetPoolNotFound",
                message: "Subnet pool \(PythonText.text(pool)) could not be found.")
        }
        guard input["prefixlen"] == nil else {
            throw .badRequest(resource: "subnets", "cidr and prefixlen must not be supplied together")
        }
        guard let cidr = input["cidr"]?.stringValue.flatMap(CIDR.init) else {
            throw .invalidInput("\(PythonText.text(input["cidr"] ?? .null)) is not in a CIDR format")
        }
        self.cidr = cidr
        self.input = input
        isNew = true
        enablesDHCP = input["enable_dhcp"]?.boolValue ?? true
        gateway = Self.gateway(input, default: cidr.family == .v4 ? cidr.first.advanced(by: 1) : cidr.first)
        pools = Self.pools(input["allocation_pools"])
        mustCheckPools = true
        guard input["ip_version"]?.integerValue == Int(cidr.family.rawValue) else {
            throw Self.wrongVersion(input["ip_version"]?.integerValue ?? 4, "cidr", cidr.description)
        }
        entry = [
            "subnet": cidr.subnetType, "subnet_name": input["name"] ?? "", "enable_dhcp": .bool(enablesDHCP),
            "addr_from_start": true, "alloc_unit": 1, "dns_nameservers": input["dns_nameservers"] ?? [],
        ]
        takeLists(over: [:])
        takeExtras(over: [:])
    }

    /// - Parameter before: the struct IpamSubnetType as it is: what Contrail's clients put there stays.
    init(changing subnet: NeutronSubnet, before: JSONObject, _ input: AttributeInput) throws(NeutronError) {
        cidr = subnet.cidr
        self.input = input
        isNew = false
        enablesDHCP = input["enable_dhcp"]?.boolValue == true && !subnet.enableDHCP
        gateway = Self.gateway(input, default: subnet.gateway)
        pools = input["allocation_pools"] == nil ? subnet.pools : Self.pools(input["allocation_pools"])
        mustCheckPools = input["allocation_pools"] != nil || gateway != subnet.gateway
        if let name = input["name"] { entry["subnet_name"] = name }
        if let enable = input["enable_dhcp"] { entry["enable_dhcp"] = enable }
        takeLists(over: before)
        if input["gateway_ip"] != nil {
            // Contrail's clients give the service an address of its own.
            let stored = Subnet(.object(before))
            let hasOwn = stored?.serviceAddress != nil && stored?.serviceAddress != stored?.gateway
            storeGateway(withService: !hasOwn)
        }
        if input["allocation_pools"] != nil { storePools(over: before) }
        var previous: JSONObject = [:]
        if let mode = subnet.routerAdvertisementMode { previous["ipv6_ra_mode"] = .string(mode) }
        if let mode = subnet.addressMode { previous["ipv6_address_mode"] = .string(mode) }
        if !subnet.text.isEmpty { previous["description"] = .string(subnet.text) }
        takeExtras(over: previous)
    }

    /// Refuses a block that overlaps with another of the network.
    func refuseOverlap(with others: [CIDR], network: ObjectID) throws(NeutronError) {
        guard cidr.prefixLength > 0 else { throw .invalidInput("0 is not allowed as CIDR prefix length") }
        guard !others.contains(where: { $0.overlaps(cidr) }) else {
            throw .invalidInput(
                "Requested subnet with cidr: \(cidr) for network: \(network) overlaps with another subnet")
        }
    }

    /// Everything but the gateway, unless pools were given.
    mutating func completePools() {
        if input["allocation_pools"] == nil || pools.isEmpty && input["allocation_pools"]?.isNull ?? false {
            pools = Self.allPools(cidr, except: [gateway].compactMap(\.self))
        }
        storeGateway(withService: true)
        storePools(over: [:])
    }

    /// Neutron's `_validate_subnet` and its checks of pools and gateway.
    func check() throws(NeutronError) {
        try checkDHCP()
        try checkGateway()
        try checkServersAndRoutes()
        try checkModes()
        if mustCheckPools {
            try checkPools()
            if let gateway, let pool = pools.first(where: { $0.contains(gateway) }) {
                throw .conflict(
                    "GatewayConflictWithAllocationPools",
                    "Gateway ip \(gateway) conflicts with allocation pool \(Self.text(pool)).")
            }
        }
    }

    /// Nameservers are DHCP option 6, too; other options, and what Contrail's clients said of routes that stay, stay.
    private mutating func takeLists(over before: JSONObject) {
        if let servers = input["dns_nameservers"] {
            entry["dns_nameservers"] = servers
            let text = (servers.arrayValue ?? []).compactMap(\.stringValue).joined(separator: " ")
            var options = before["dhcp_option_list"]?["dhcp_option"]?.arrayValue ?? []
            options.removeAll { $0["dhcp_option_name"]?.stringValue == "6" }
            if !text.isEmpty { options.append(["dhcp_option_name": "6", "dhcp_option_value": .string(text)]) }
            entry["dhcp_option_list"] = options.isEmpty ? .null : ["dhcp_option": .array(options)]
        }
        if let routes = input["host_routes"]?.arrayValue {
            let known = Self.known(before["host_routes"]?["route"], by: "prefix", "next_hop")
            let stored = routes.map { route in
                let (prefix, hop) = (route["destination"] ?? .null, route["nexthop"] ?? .null)
                return known[[prefix, hop]] ?? ["prefix": prefix, "next_hop": hop, "next_hop_type": "ip-address"]
            }
            entry["host_routes"] = stored.isEmpty ? .null : ["route": .array(stored)]
        }
    }

    /// The gateway in the entry. Contrail's compute nodes answer DNS and DHCP at `dns_server_address`; that is the
    /// gateway's address, so that no further one is taken from the tenant.
    private mutating func storeGateway(withService: Bool) {
        let address = JSONValue.string(gateway?.description ?? (cidr.family == .v4 ? "0.0.0.0" : "::"))
        entry["default_gateway"] = address
        if withService { entry["dns_server_address"] = address }
    }

    private mutating func storePools(over before: JSONObject) {
        let known = Self.known(before["allocation_pools"], by: "start", "end")
        entry["allocation_pools"] = .array(
            pools.map { pool in
                let (first, last) = (JSONValue.string("\(pool.first)"), JSONValue.string("\(pool.last)"))
                return known[[first, last]] ?? ["start": first, "end": last, "vrouter_specific_pool": false]
            })
    }

    /// The structs of a list by what Neutron shows of them.
    private static func known(_ list: JSONValue?, by first: String, _ second: String) -> [[JSONValue]: JSONValue] {
        Dictionary(
            (list?.arrayValue ?? []).map { ([$0[first] ?? .null, $0[second] ?? .null], $0) },
            uniquingKeysWith: { first, _ in first })
    }

    private mutating func takeExtras(over previous: JSONObject) {
        extras = previous
        for name in ["description", "ipv6_ra_mode", "ipv6_address_mode"] {
            guard let value = input[name] else { continue }
            extras[name] = value.isNull || value == "" ? JSONValue?.none : value
        }
    }

    private func checkDHCP() throws(NeutronError) {
        if cidr.family == .v6, cidr.first.bits == 0, isNew { throw .invalidInput("IPv6 subnet '::' is not supported") }
        guard enablesDHCP else { return }
        guard cidr.prefixLength <= cidr.family.bitWidth - 2 else {
            throw .invalidInput("Subnet has a prefix length that is incompatible with DHCP service enabled")
        }
        let isMulticast = cidr.family == .v4 ? cidr.first.bits >> 28 == 0xe : cidr.first.bits >> 120 == 0xff
        guard !isMulticast else {
            throw .invalidInput("Multicast IP subnet is not supported if enable_dhcp is True")
        }
        let isLoopback = cidr.family == .v4 ? cidr.first.bits >> 24 == 127 : cidr.first.bits == 1
        guard !isLoopback else {
            throw .invalidInput("Loopback IP subnet is not supported if enable_dhcp is True")
        }
        guard cidr.family == .v6 || cidr.first.bits != 0 else {
            throw .invalidInput("First IP '0.0.0.0' of network is not supported if enable_dhcp is True.")
        }
    }

    private func checkGateway() throws(NeutronError) {
        guard let given = input["gateway_ip"]?.stringValue, let gateway else { return }
        guard gateway.family == cidr.family else {
            throw Self.wrongVersion(Int(cidr.family.rawValue), "gateway_ip", given)
        }
        if cidr.family == .v4, cidr.prefixLength < 31, gateway == cidr.first || gateway == cidr.last {
            throw .invalidInput("Gateway is not valid on subnet")
        }
    }

    private func checkServersAndRoutes() throws(NeutronError) {
        let version = Int(cidr.family.rawValue)
        let servers = (input["dns_nameservers"]?.arrayValue ?? []).compactMap(\.stringValue)
        for server in servers where IPAddress(server)?.family != cidr.family {
            throw Self.wrongVersion(version, "dns_nameserver", server)
        }
        let routes = input["host_routes"]?.arrayValue ?? []
        for route in routes {
            let destination = route["destination"]?.stringValue ?? ""
            let hop = route["nexthop"]?.stringValue ?? ""
            guard CIDR(destination)?.family == cidr.family else {
                throw Self.wrongVersion(version, "destination", destination)
            }
            guard IPAddress(hop)?.family == cidr.family else { throw Self.wrongVersion(version, "nexthop", hop) }
        }
    }

    private func checkModes() throws(NeutronError) {
        let advertisement = input["ipv6_ra_mode"]?.stringValue
        let address = input["ipv6_address_mode"]?.stringValue
        if cidr.family == .v4 {
            if advertisement != nil { throw .invalidInput("ipv6_ra_mode is not valid when ip_version is 4") }
            if address != nil { throw .invalidInput("ipv6_address_mode is not valid when ip_version is 4") }
            return
        }
        guard advertisement != nil || address != nil else { return }
        if isNew, input["enable_dhcp"] == false {
            throw .invalidInput("ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is set to False")
        }
        if let advertisement, let address, advertisement != address {
            throw .invalidInput(
                "ipv6_ra_mode set to '\(advertisement)' with ipv6_address_mode set to '\(address)' is not valid. If both "
                    + "attributes are set, they must be the same value")
        }
        let usesIdentifiers = ["slaac", "dhcpv6-stateless"].contains(address ?? advertisement ?? "")
        guard !usesIdentifiers || cidr.prefixLength == 64 else {
            throw .invalidInput(
                "Invalid CIDR \(cidr) for IPv6 address mode. OpenStack uses the EUI-64 address format, which requires the "
                    + "prefix to be /64")
        }
    }

    private func checkPools() throws(NeutronError) {
        for raw in input["allocation_pools"]?.arrayValue ?? [] {
            let texts = (raw["start"]?.stringValue ?? "", raw["end"]?.stringValue ?? "")
            guard let first = IPAddress(texts.0), let last = IPAddress(texts.1), first.family == last.family,
                first <= last, first.family == cidr.family
            else {
                throw NeutronError(
                    status: 400, type: "InvalidAllocationPool",
                    message: "The allocation pool \(PythonText.text(raw)) is not valid.")
            }
        }
        let bounds = Self.bounds(of: cidr)
        for pool in pools {
            guard pool.first >= bounds.first, pool.last <= bounds.last else {
                throw NeutronError(
                    status: 400, type: "OutOfBoundsAllocationPool",
                    message: "The allocation pool \(Self.text(pool)) spans beyond the subnet cidr \(cidr).")
            }
        }
        let ordered = pools.sorted { $0.first < $1.first }
        for (pool, other) in zip(ordered, ordered.dropFirst()) where other.first <= pool.last {
            throw .conflict(
                "OverlappingAllocationPools",
                "Found overlapping allocation pools: \(Self.text(pool)) \(Self.text(other)) for subnet \(cidr).")
        }
    }

    private static func gateway(_ input: AttributeInput, default other: IPAddress?) -> IPAddress? {
        guard let given = input["gateway_ip"] else { return other }
        return given.stringValue.flatMap(IPAddress.init)
    }

    private static func pools(_ json: JSONValue?) -> [AddressPool] {
        (json?.arrayValue ?? []).compactMap { pool in
            guard let first = pool["start"]?.stringValue.flatMap(IPAddress.init),
                let last = pool["end"]?.stringValue.flatMap(IPAddress.init)
            else { return nil }
            return AddressPool(first: first, last: last)
        }
    }

    /// What may be in a pool: not the network's own address, nor the broadcast address.
    private static func bounds(of cidr: CIDR) -> AddressPool {
        guard cidr.prefixLength < cidr.family.bitWidth - (cidr.family == .v4 ? 1 : 0) else {
            return AddressPool(first: cidr.first, last: cidr.last)
        }
        let first = cidr.first.advanced(by: 1) ?? cidr.first
        return AddressPool(first: first, last: cidr.family == .v4 ? cidr.last.advanced(by: -1) ?? cidr.last : cidr.last)
    }

    /// The pools of a subnet for which nobody gave any: what is handed out.
    static func allPools(_ subnet: Subnet) -> [AddressPool] {
        allPools(subnet.cidr, except: [subnet.gateway, subnet.serviceAddress].compactMap(\.self))
    }

    private static func allPools(_ cidr: CIDR, except taken: [IPAddress]) -> [AddressPool] {
        let all = bounds(of: cidr)
        guard all.first != all.last else { return [all] }
        var pools: [AddressPool] = []
        var next: IPAddress? = all.first
        for address in Set(taken).sorted() where all.contains(address) {
            if let first = next, let last = address.advanced(by: -1), first <= last {
                pools.append(AddressPool(first: first, last: last))
            }
            next = address.advanced(by: 1)
        }
        if let first = next, first <= all.last { pools.append(AddressPool(first: first, last: all.last)) }
        return pools
    }

    private static func text(_ pool: AddressPool) -> String { "\(pool.first)-\(pool.last)" }

    private static func wrongVersion(_ version: Int, _ name: String, _ value: String) -> NeutronError {
        .invalidInput("\(name) '\(value)' does not match the ip_version '\(version)'")
    }
}
