import Addressing
import JSON
import Model

/// A virtual-machine-interface with its instance-ips as Neutron's port.
package final class NeutronPort: NeutronView {
    package let id: ObjectID
    package let projectID: ObjectID
    package let networkID: ObjectID
    package let networkProjectID: ObjectID?
    package let name: String
    package let adminStateUp: Bool
    package let mac: MACAddress
    package let fixedAddresses: [FixedAddress]
    package let deviceID: String
    package let deviceOwner: String
    package let securityGroupIDs: [ObjectID]
    package let portSecurityEnabled: Bool
    package let addressPairs: [AddressPair]
    package let dhcpOptions: [DHCPOption]
    package let binding: PortBinding
    let text: String
    let standard: StandardAttributes
    package let cachedRendering = LazyRendering()

    /// An address of the port, with the subnet that it is of.
    package struct FixedAddress: Hashable, Sendable {
        /// Nil for an instance-ip that does not say.
        package let subnetID: ObjectID?
        package let address: IPAddress
        /// The instance-ip.
        package let holder: ObjectID
    }

    /// An address, or a block of them, that the port may send from besides its own.
    package struct AddressPair: Hashable, Sendable {
        /// As Neutron shows it: without a prefix length for a single address.
        package let address: String
        package let mac: String
    }

    /// An option that DHCP announces to the port.
    package struct DHCPOption: Hashable, Sendable {
        package let name: String
        package let value: String?
        package let ipVersion: Int

        /// A port has one option of each name and version.
        struct Key: Hashable {
            let name: String
            let ipVersion: Int
        }

        var key: Key { Key(name: name, ipVersion: ipVersion) }
    }

    /// Nil when it is on no network that Neutron shows.
    ///
    /// - Parameters:
    ///   - object: the virtual-machine-interface.
    ///   - instanceIPs: those that refer to it.
    ///   - network: the network it refers to.
    package init?(_ object: ConfigObject, instanceIPs: [ConfigObject], network: ConfigObject?) {
        guard let network, let mac = object.macAddress, object.isUserVisible,
            let projectID = Self.projectID(of: object, network: network)
        else { return nil }
        let properties = object.properties
        let extras = Extras(properties)
        id = object.id
        self.projectID = projectID
        networkID = network.id
        networkProjectID = network.parent?.id
        name = object.displayName == object.id.description ? "" : object.displayName
        adminStateUp = object.isEnabled
        self.mac = mac
        fixedAddresses = instanceIPs.compactMap { holder in
            guard let address = holder.properties["instance_ip_address"]?.stringValue.flatMap(IPAddress.init) else {
                return nil
            }
            return FixedAddress(
                subnetID: holder.properties["subnet_uuid"]?.stringValue.flatMap(ObjectID.init), address: address,
                holder: holder.id)
        }.sorted { $0.address < $1.address }
        deviceID =
            extras["device_id"]?.stringValue ?? object.references("virtual_machine_refs").first?.fqName.last
            ?? (object.parent?.type == "virtual-machine" ? object.parent?.id.description : nil) ?? ""
        deviceOwner = properties["virtual_machine_interface_device_owner"]?.stringValue ?? ""
        securityGroupIDs = object.references("security_group_refs")
            .filter { $0.fqName != Bootstrap.noRuleGroup }.map(\.id)
        portSecurityEnabled = properties["port_security_enabled"]?.boolValue ?? true
        addressPairs = StoredPairs.shown(properties, extras, mac: mac).map(\.pair)
        dhcpOptions = Self.dhcpOptions(properties, extras: extras)
        binding = PortBinding(properties["virtual_machine_interface_bindings"])
        text = object.description ?? ""
        standard = StandardAttributes(object)
    }

    /// DOWN until an agent reports that the interface forwards.
    package var status: String { "DOWN" }

    /// Interfaces made through the config API may be children of a virtual machine: the network's project has them then.
    private static func projectID(of object: ConfigObject, network: ConfigObject) -> ObjectID? {
        guard let parent = object.parent, parent.type == "project" else { return network.parent?.id }
        return parent.id
    }

    private static func dhcpOptions(_ properties: JSONObject, extras: Extras) -> [DHCPOption] {
        let options = properties["virtual_machine_interface_dhcp_option_list"]?["dhcp_option"]?.arrayValue ?? []
        let versions = extras["dhcp_option_versions"]?.arrayValue ?? []
        return options.enumerated().compactMap { index, option in
            guard let name = option["dhcp_option_name"]?.stringValue else { return nil }
            let version = versions.indices.contains(index) ? versions[index].integerValue : nil
            return DHCPOption(name: name, value: option["dhcp_option_value"]?.stringValue, ipVersion: version ?? 4)
        }
    }

    package var source: ObjectLink { ObjectLink(type: "virtual-machine-interface", id: id) }

    package var indexKeys: [IndexKey] {
        var keys: [IndexKey] = [.project(projectID), .network(networkID), .mac(mac)]
        if let networkProjectID, networkProjectID != projectID { keys.append(.networkProject(networkProjectID)) }
        if !name.isEmpty { keys.append(.name(name)) }
        if !deviceID.isEmpty { keys.append(.device(deviceID)) }
        for fixed in fixedAddresses {
            keys.append(.address(fixed.address))
            if let subnet = fixed.subnetID { keys.append(.subnet(subnet)) }
        }
        keys += securityGroupIDs.map { .securityGroup($0) }
        return keys
    }
}
