import Addressing
import HashTreeCollections
import JSON

/// The objects that every installation has from its first start on (vnc-api.md, 3.2).
package enum Bootstrap {
    package static let defaultDomain = ["default-domain"]
    package static let defaultProject = defaultDomain + ["default-project"]
    /// The ipam that all subnets made by Neutron hang on.
    package static let defaultIPAM = defaultProject + ["default-network-ipam"]
    /// The hosts' own network.
    package static let fabricNetwork = defaultProject + ["ip-fabric"]
    package static let linkLocalNetwork = defaultProject + ["__link_local__"]
    /// The group of ports that have no group: it has no rule, so nothing passes.
    package static let noRuleGroup = defaultProject + ["__no_rule__"]

    /// An edit that makes what is missing; nil when everything is there.
    ///
    /// Two controllers may try it at once: names are unique, so one of them is refused and finds everything there.
    ///
    /// - Throws: ``ModelError`` when the configuration is damaged.
    package static func edit(of snapshot: Snapshot, context: EditContext) throws(ModelError) -> GraphEdit? {
        var edit = GraphEdit(base: snapshot, context: context)
        try addMissingObjects(to: &edit)
        return edit.isEmpty ? nil : edit
    }

    /// Adds what is missing to an edit.
    ///
    /// - Throws: ``ModelError`` when the configuration is damaged.
    package static func addMissingObjects(to edit: inout GraphEdit) throws(ModelError) {
        try addGlobalObjects(&edit)
        let domain = try edit.ensureDomain(id: "default", name: "")
        let project = try ensure(
            &edit, "project", defaultProject, parent: domain, ["quota": ["defaults": -1]])
        _ = try ensure(&edit, "namespace", defaultDomain + ["default-namespace"], parent: domain)
        let readableByAll = edit.makePerms2(owner: project.owner, globalAccess: 5)
        _ = try ensure(&edit, "network-ipam", defaultIPAM, parent: project, ["perms2": readableByAll])
        try addNetworks(&edit, project: project)
        _ = try ensure(
            &edit, "security-group", noRuleGroup, parent: project,
            ["perms2": edit.makePerms2(owner: GraphEdit.cloudAdmin, globalAccess: 5)])
        try addPolicyObjects(&edit)
        claimChosenNumbers(&edit)
    }

    /// How many numbers one start claims; each is a key and two preconditions of one transaction.
    private static let claimsOfOneStart = 2000

    /// Claims the numbers that clients have chosen for objects made by versions which did not keep a key for them. A
    /// number that is in use twice already stays with whoever holds it. More than ``claimsOfOneStart`` wait for the next
    /// start of a controller.
    private static func claimChosenNumbers(_ edit: inout GraphEdit) {
        var left = claimsOfOneStart
        func claim(_ number: Int?, _ range: NumberRange, for object: ConfigObject) {
            guard let number, left > 0, edit.base.holder(of: number, range: range) == nil,
                !edit.isPending(.number(range, number))
            else { return }
            left -= 1
            edit.rely(on: object.id)
            edit.claim(.number(range, number), for: object.id)
        }
        for type in ["virtual-network", "logical-router"] {
            for object in edit.base.objects(ofType: type).values.sorted(by: { $0.id < $1.id }) {
                claim(try? object.chosenVNI, .virtualNetwork, for: object)
            }
        }
        for group in edit.base.objects(ofType: "security-group").values.sorted(by: { $0.id < $1.id }) {
            claim(group.properties["security_group_id"]?.integerValue, .securityGroup, for: group)
        }
    }

    private static func addGlobalObjects(_ edit: inout GraphEdit) throws(ModelError) {
        let system = try ensure(
            &edit, "global-system-config", ["default-global-system-config"], parent: nil, ["autonomous_system": 64512])
        for type in ["global-vrouter-config", "global-qos-config"] {
            _ = try ensure(&edit, type, system.fqName + ["default-\(type)"], parent: system)
        }
        _ = try ensure(&edit, "fabric", system.fqName + ["default-fabric"], parent: system)
        _ = try ensure(
            &edit, "discovery-service-assignment", ["default-discovery-service-assignment"], parent: nil)
    }

    private static func addNetworks(_ edit: inout GraphEdit, project: ConfigObject) throws(ModelError) {
        for (name, properties, second) in [
            ("default-virtual-network", [:], nil), ("ip-fabric", ["is_provider_network": true], "__default__"),
            ("__link_local__", [:], nil), ("dci-network", [:], "__default__"),
        ] as [(String, JSONObject, String?)] {
            guard edit.object(type: "virtual-network", fqName: project.fqName + [name]) == nil else { continue }
            let network = try ensure(&edit, "virtual-network", project.fqName + [name], parent: project, properties)
            if let second { try edit.addRoutingInstance(named: second, of: network, isDefault: false) }
        }
    }

    private static func addPolicyObjects(_ edit: inout GraphEdit) throws(ModelError) {
        let management = try ensure(&edit, "policy-management", ["default-policy-management"], parent: nil)
        _ = try ensure(
            &edit, "application-policy-set", management.fqName + ["default-application-policy-set"], parent: management,
            ["all_applications": true])
        let tagTypes = ["label", "application", "tier", "deployment", "site", "neutron_fwaas", "neutron_tag"]
        for (number, name) in tagTypes.enumerated() {
            _ = try ensure(
                &edit, "tag-type", [name], parent: nil,
                ["tag_type_id": .string("0x000\(number)"), "id_perms": ["user_visible": false]])
        }
    }

    private static func ensure(
        _ edit: inout GraphEdit, _ type: String, _ fqName: [String], parent: ConfigObject?,
        _ properties: JSONObject = [:]
    ) throws(ModelError) -> ConfigObject {
        if let object = edit.object(type: type, fqName: fqName) { return object }
        return try edit.add(
            ConfigObject(
                type: type, id: edit.context.newID(), fqName: fqName,
                parent: parent.map { ObjectLink(type: $0.type, id: $0.id) }, properties: properties, references: [:]))
    }
}
