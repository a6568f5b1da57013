import Addressing
import JSON
import Model

/// A security-group as Neutron shows it, with its rules.
package final class NeutronSecurityGroup: NeutronView {
    package let id: ObjectID
    package let projectID: ObjectID
    package let name: String
    /// The full name in one text, by which rules of other groups refer to it.
    package let joinedName: String
    package let rules: [NeutronSecurityGroupRule]
    let text: String
    let standard: StandardAttributes
    package let cachedRendering = LazyRendering()

    /// Nil when Neutron does not show it: it is Contrail's own.
    ///
    /// - Parameter groupID: the id of the group with this full name, for rules that refer to one.
    package init?(_ object: ConfigObject, groupID: (String) -> ObjectID?) {
        guard let parent = object.parent, parent.type == "project", object.isUserVisible,
            !Self.systemGroups.contains(object.fqName)
        else { return nil }
        id = object.id
        projectID = parent.id
        name = object.displayName
        joinedName = object.fqName.joined(separator: ":")
        text = object.description ?? ""
        standard = StandardAttributes(object)
        let parts = Extras(object.properties).parts(of: NeutronSecurityGroupRule.extrasGroup)
        rules = (object.properties["security_group_entries"]?["policy_rule"]?.arrayValue ?? []).compactMap {
            NeutronSecurityGroupRule(
                $0, group: object.id, projectID: parent.id, parts: parts,
                created: object.properties["id_perms"]?["created"]?.stringValue, groupID: groupID)
        }
    }

    private static let systemGroups: Set<[String]> = [Bootstrap.noRuleGroup, Bootstrap.defaultProject + ["default"]]

    /// Whether it is the group that ports without a choice get.
    package var isDefault: Bool { name == GraphEdit.defaultGroupName }

    package var source: ObjectLink { ObjectLink(type: "security-group", id: id) }

    package var indexKeys: [IndexKey] { [.name(name), .project(projectID)] }

    package static let collection = NeutronCollection.securityGroups

    package static let attributes = AttributeTable<NeutronSecurityGroup>(
        Attribute.identity + [
            Attribute("name") { .string($0.name) },
            Attribute("security_group_rules") { view, writer in
                writer.beginArray()
                for rule in view.rules { rule.rendering.write(to: &writer, forAdministrator: true) }
                writer.endArray()
            },
            .tags,
        ] + Attribute.standard({ $0.standard }, description: { $0.text }))
}
