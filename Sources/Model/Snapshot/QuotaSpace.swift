import Addressing
import JSON
import Store

/// Something that is counted for a project and may have a limit there.
package struct QuotaSpace: Hashable, Sendable, Comparable {
    package let project: ObjectID
    /// The member of Contrail's struct QuotaType, such as `virtual_network` or `security_group_rule`.
    package let kind: String

    package init(project: ObjectID, kind: String) {
        self.project = project
        self.kind = kind
    }

    package static func < (one: QuotaSpace, other: QuotaSpace) -> Bool {
        (one.project, one.kind) < (other.project, other.kind)
    }

    /// What changes for projects when one object takes the place of another, without what stays the same.
    ///
    /// Counted are objects whose parent is a project or that refer to one, only those that users see (vnc-api.md, 3.8);
    /// subnets are counted in networks, rules in security groups.
    ///
    /// - Parameter project: whose an object is, where that takes more than looking at the object.
    static func differences(
        from old: ConfigObject?, to new: ConfigObject?, _ schema: Schema,
        project: (ConfigObject) -> ObjectID? = \.quotaProject
    ) -> [(space: QuotaSpace, difference: Int)] {
        var differences: [(space: QuotaSpace, difference: Int)] = []
        func add(_ object: ConfigObject?, _ sign: Int) {
            guard let object, let project = project(object), object.isUserVisible,
                let type = schema.types[object.type]
            else { return }
            for (kind, count) in [(type.objectType, 1)] + object.quotaParts where count > 0 {
                let space = QuotaSpace(project: project, kind: kind)
                if let index = differences.firstIndex(where: { $0.space == space }) {
                    differences[index].difference += sign * count
                } else {
                    differences.append((space, sign * count))
                }
            }
        }
        add(new, 1)
        add(old, -1)
        return differences.filter { $0.difference != 0 }
    }
}

/// A part of the room that is left below a project's limit; see ``GraphEdit/quotaReservation()``.
struct QuotaRoom: Hashable, Sendable {
    /// For how many more.
    let count: Int
    /// The revision of the part's last put.
    let modified: Revision

    /// Nothing when the value cannot be read.
    init(_ entry: StoredEntry) {
        count = max(0, Int(String(decoding: entry.value, as: UTF8.self)) ?? 0)
        modified = entry.modified
    }
}

extension ConfigObject {
    /// The project that an object says it is counted for.
    var quotaProject: ObjectID? {
        if let parent, parent.type == "project" { return parent.id }
        return references("project_refs").first?.id
    }

    /// What is counted in an object besides itself.
    fileprivate var quotaParts: [(String, Int)] {
        switch type {
        case "virtual-network":
            [
                (
                    "subnet",
                    references("network_ipam_refs").reduce(0) {
                        $0 + ($1.attribute["ipam_subnets"]?.arrayValue?.count ?? 0)
                    }
                )
            ]
        case "security-group":
            [
                (
                    "security_group_rule",
                    properties["security_group_entries"]?["policy_rule"]?.arrayValue?.count ?? 0
                )
            ]
        default: []
        }
    }
}
