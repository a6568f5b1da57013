import Addressing
import JSON

extension NeutronPort {
    package static let collection = NeutronCollection.ports

    package static let attributes = AttributeTable<NeutronPort>(
        Attribute.identity + [
            Attribute("name") { .string($0.name) },
            Attribute("network_id") { .string($0.networkID.description) },
            Attribute("admin_state_up", .boolean) { .bool($0.adminStateUp) },
            Attribute("status") { .string($0.status) },
            Attribute("mac_address") { .string($0.mac.description) },
            fixedIPs,
            Attribute("device_id") { .string($0.deviceID) },
            Attribute("device_owner") { .string($0.deviceOwner) },
            securityGroups,
            Attribute("port_security_enabled", .boolean, filter: false, sort: false) { .bool($0.portSecurityEnabled) },
            allowedAddressPairs,
            extraDHCPOptions,
            Attribute("binding:vnic_type", filter: false, sort: false) { .string($0.binding.vnicType) },
            .tags,
        ] + Attribute.standard({ $0.standard }, description: { $0.text }) + [
            Attribute("binding:host_id", adminOnly: true, sort: false) { .string($0.binding.hostID) },
            Attribute("binding:vif_type", adminOnly: true, filter: false, sort: false) { .string($0.binding.vifType) },
            Attribute("binding:vif_details", adminOnly: true) { $1.value($0.binding.vifDetails) },
            Attribute("binding:profile", adminOnly: true) { $1.value($0.binding.profile) },
        ])

    private static let fixedIPs = Attribute<NeutronPort>("fixed_ips", filter: filterByFixedIPs) { view, writer in
        writer.beginArray()
        for fixed in view.fixedAddresses {
            writer.beginObject()
            writer.name("subnet_id")
            writer.value(fixed.subnetID?.description)
            writer.name("ip_address")
            writer.value(fixed.address.description)
            writer.endObject()
        }
        writer.endArray()
    }

    private static let securityGroups = Attribute<NeutronPort>("security_groups", filter: filterBySecurityGroups) {
        view, writer in
        writer.beginArray()
        for id in view.securityGroupIDs { writer.value(id.description) }
        writer.endArray()
    }

    private static let allowedAddressPairs = Attribute<NeutronPort>("allowed_address_pairs") { view, writer in
        writer.beginArray()
        for pair in view.addressPairs {
            writer.beginObject()
            writer.name("ip_address")
            writer.value(pair.address)
            writer.name("mac_address")
            writer.value(pair.mac)
            writer.endObject()
        }
        writer.endArray()
    }

    private static let extraDHCPOptions = Attribute<NeutronPort>("extra_dhcp_opts") { view, writer in
        writer.beginArray()
        for option in view.dhcpOptions {
            writer.beginObject()
            writer.name("opt_name")
            writer.value(option.name)
            writer.name("opt_value")
            writer.value(option.value)
            writer.name("ip_version")
            writer.value(option.ipVersion)
            writer.endObject()
        }
        writer.endArray()
    }
}
