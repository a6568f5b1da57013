import Addressing
import JSON
import Model

/// A virtual-network as Neutron's network.
package final class NeutronNetwork: NeutronView {
    /// What every network carries: the hosts' 1500 bytes less 50 of VXLAN over IPv4.
    package static let mtu = 1450

    package let id: ObjectID
    package let projectID: ObjectID
    package let name: String
    package let adminStateUp: Bool
    package let isShared: Bool
    package let isExternal: Bool
    package let portSecurityEnabled: Bool
    package let subnetIDs: [ObjectID]
    /// `vxlan`, or `vlan` or `flat` when the network is bound to a physical one.
    package let networkType: String
    package let physicalNetwork: String?
    package let segmentationID: Int?
    let text: String
    let standard: StandardAttributes
    package let cachedRendering = LazyRendering()

    /// Nil when Neutron does not show the network: it is Contrail's own, or has no project.
    package init?(_ object: ConfigObject) {
        guard let parent = object.parent, parent.type == "project", object.isUserVisible,
            !Self.systemNetworks.contains(object.fqName)
        else { return nil }
        let properties = object.properties
        id = object.id
        projectID = parent.id
        name = object.displayName
        adminStateUp = object.isEnabled
        isShared = properties["is_shared"]?.boolValue ?? false
        isExternal = properties["router_external"]?.boolValue ?? false
        portSecurityEnabled = properties["port_security_enabled"]?.boolValue ?? true
        subnetIDs = object.subnets.map(\.id)
        let provider = properties["provider_properties"]
        physicalNetwork = provider?["physical_network"]?.stringValue
        if provider?.objectValue != nil {
            let tag = provider?["segmentation_id"]?.integerValue ?? 0
            networkType = tag == 0 ? "flat" : "vlan"
            segmentationID = tag == 0 ? nil : tag
        } else {
            networkType = "vxlan"
            segmentationID =
                properties["virtual_network_properties"]?["vxlan_network_identifier"]?.integerValue
                ?? properties["virtual_network_network_id"]?.integerValue
        }
        text = object.description ?? ""
        standard = StandardAttributes(object)
    }

    /// Networks of Contrail's own, which no client of Neutron expects.
    private static let systemNetworks: Set<[String]> = Set(
        ["default-virtual-network", "ip-fabric", "__link_local__", "dci-network"].map {
            Bootstrap.defaultProject + [$0]
        })

    package var isForEveryone: Bool { isShared || isExternal }

    package var source: ObjectLink { ObjectLink(type: "virtual-network", id: id) }

    package var indexKeys: [IndexKey] {
        [.name(name), .project(projectID)] + (isForEveryone ? [.everyone] : [])
    }

    package static let collection = NeutronCollection.networks

    package static let attributes = AttributeTable<NeutronNetwork>(
        Attribute.identity + [
            Attribute("name") { .string($0.name) },
            Attribute("admin_state_up", .boolean) { .bool($0.adminStateUp) },
            Attribute("status") { _ in .string("ACTIVE") },
            Attribute("shared", .boolean, sort: false) { .bool($0.isShared) },
            Attribute("router:external", .boolean, sort: false) { .bool($0.isExternal) },
            Attribute("port_security_enabled", .boolean, filter: false, sort: false) { .bool($0.portSecurityEnabled) },
            Attribute("mtu", .integer) { _ in .integer(NeutronNetwork.mtu) },
            Attribute("subnets") { view, writer in
                writer.beginArray()
                for id in view.subnetIDs { writer.value(id.description) }
                writer.endArray()
            },
            .tags,
        ] + Attribute.standard({ $0.standard }, description: { $0.text }) + [
            Attribute("provider:network_type", adminOnly: true, sort: false) { .string($0.networkType) },
            Attribute("provider:physical_network", adminOnly: true, sort: false) {
                AttributeValue($0.physicalNetwork)
            },
            Attribute("provider:segmentation_id", .integer, adminOnly: true, sort: false) {
                AttributeValue($0.segmentationID)
            },
        ])
}

extension Attribute {
    /// An empty list: clients look for the member, whether tags are announced or not.
    static var tags: Attribute {
        Attribute("tags") { _, writer in
            writer.beginArray()
            writer.endArray()
        }
    }
}
