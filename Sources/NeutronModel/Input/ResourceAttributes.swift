import JSON

/// What request bodies may say about each resource: Neutron's attribute maps, for the extensions that Skein announces.
enum ResourceAttributes {
    static let network: [InputAttribute] =
        InputAttribute.common + [
            .name, .readOnly("subnets"), .boolean("admin_state_up"), .readOnly("status"), .boolean("shared"),
            .boolean("router:external"), .boolean("port_security_enabled"), .readOnly("mtu"),
            .text("provider:network_type", maximum: 32), .text("provider:physical_network", maximum: 64),
            InputAttribute(
                "provider:segmentation_id",
                convert: { (value) throws(NeutronError) in .integer(try Convert.integer(value)) }),
        ]

    static let subnet: [InputAttribute] =
        InputAttribute.common + [
            .name,
            InputAttribute(
                "ip_version", .create, required: true, validate: { Validate.values($0, [4, 6]) },
                convert: { (value) throws(NeutronError) in .integer(try Convert.integer(value)) }),
            InputAttribute("network_id", .create, required: true, validate: { Validate.uuid($0) }),
            InputAttribute(
                "subnetpool_id", .create,
                validate: { $0.isNull || $0 == "prefix_delegation" ? nil : Validate.uuid($0) }),
            InputAttribute(
                "prefixlen", .create,
                convert: { (value) throws(NeutronError) in .integer(try Convert.integer(value)) }),
            InputAttribute(
                "cidr", .create, validate: { $0.isNull ? nil : Validate.block($0) },
                convert: { (value) throws(NeutronError) in value.isNull ? value : try Convert.canonicalBlock(value) }),
            InputAttribute(
                "gateway_ip", validate: { $0.isNull ? nil : Validate.address($0) },
                convert: { (value) throws(NeutronError) in Convert.canonicalAddress(value) }),
            InputAttribute("allocation_pools", validate: { Validate.pools($0) }, convert: ListLimits.subnetPools),
            InputAttribute(
                "dns_nameservers", validate: { Validate.nameservers($0) }, convert: ListLimits.subnetNameservers),
            InputAttribute("host_routes", validate: { Validate.hostRoutes($0) }, convert: ListLimits.subnetRoutes),
            .boolean("enable_dhcp"),
            InputAttribute("ipv6_ra_mode", .create, validate: { Validate.values($0, addressModes) }),
            InputAttribute("ipv6_address_mode", .create, validate: { Validate.values($0, addressModes) }),
            .readOnly("shared"),
        ]

    static let port: [InputAttribute] =
        InputAttribute.common + [
            .name, InputAttribute("network_id", .create, required: true, validate: { Validate.uuid($0) }),
            .boolean("admin_state_up"), .readOnly("status"),
            InputAttribute("mac_address", validate: { Validate.mac($0) }),
            InputAttribute("fixed_ips", validate: { Validate.fixedIPs($0) }, convert: ListLimits.portAddresses),
            .text("device_id"), .text("device_owner"),
            InputAttribute("security_groups", validate: { Validate.uuidList($0) }, convert: ListLimits.portGroups),
            .boolean("port_security_enabled"),
            InputAttribute("allowed_address_pairs", convert: PortLists.addressPairs),
            InputAttribute("extra_dhcp_opts", convert: PortLists.dhcpOptions),
            InputAttribute("binding:vnic_type", validate: { Validate.values($0, vnicTypes) }),
            InputAttribute("binding:host_id", validate: { $0.isNull ? nil : Validate.string($0, maximum: 255) }),
            InputAttribute(
                "binding:profile", validate: { $0.isNull ? nil : Validate.object($0) }, convert: smallProfile),
            .readOnly("binding:vif_type"), .readOnly("binding:vif_details"),
        ]

    static let securityGroup: [InputAttribute] =
        InputAttribute.common + [
            InputAttribute("name", validate: { Validate.string($0, maximum: 255) }, convert: notDefault),
            .readOnly("security_group_rules"),
        ]

    static let securityGroupRule: [InputAttribute] =
        InputAttribute.common.map { $0.name == "description" ? .text("description", .create) : $0 } + [
            InputAttribute(
                "security_group_id", .create, required: true, validate: { Validate.string($0, maximum: 36) }),
            InputAttribute("remote_group_id", .create, validate: { Validate.optionalText($0) }),
            InputAttribute(
                "direction", .create, required: true, validate: { Validate.values($0, ["ingress", "egress"]) }),
            InputAttribute("protocol", .create, convert: RuleValues.protocolName),
            InputAttribute("port_range_min", .create, convert: RuleValues.port),
            InputAttribute("port_range_max", .create, convert: RuleValues.port),
            InputAttribute("ethertype", .create, convert: RuleValues.ethertype),
            InputAttribute("remote_ip_prefix", .create, convert: RuleValues.prefix),
        ]

    private static let addressModes: [JSONValue] = ["dhcpv6-stateful", "dhcpv6-stateless", "slaac", nil]

    private static let vnicTypes: [JSONValue] = [
        "normal", "direct", "macvtap", "baremetal", "direct-physical", "virtio-forwarder", "smart-nic", "vdpa",
        "accelerator-direct", "accelerator-direct-physical", "remote-managed",
    ]

    /// Neutron keeps 4,095 characters of a profile.
    private static let smallProfile: @Sendable (JSONValue) throws(NeutronError) -> JSONValue = {
        (value) throws(NeutronError) in
        guard value.text.utf8.count <= 4095 else { throw .invalidInput("binding:profile value too large") }
        return value
    }

    private static let notDefault: @Sendable (JSONValue) throws(NeutronError) -> JSONValue = {
        (value) throws(NeutronError) in
        guard value.stringValue?.lowercased() != "default" else {
            throw .conflict("SecurityGroupDefaultAlreadyExists", "Default security group already exists.")
        }
        return value
    }
}
