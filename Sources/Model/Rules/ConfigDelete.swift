import Addressing
import JSON

/// `DELETE /<type>/<id>` (vnc-api.md, 1.6).
enum ConfigDelete {
    static func perform(
        type name: String, id text: String, _ edit: inout GraphEdit, origin: String
    ) throws(ConfigFault) -> APIAnswer {
        guard edit.base.schema.types[name] != nil else { throw ConfigRead.unknownType(name) }
        guard text.utf8.count == 36, let id = ObjectID(text), let object = edit.object(id) else {
            throw ConfigFault(404, "ID \(text) does not exist")
        }
        guard object.type == name else { throw ConfigFault(404, "No \(name) object found for id \(text)") }
        try TypeRules.accept(deleting: object, edit)
        try checkNotInUse(object, edit, origin: origin)
        try asConfigFault { () throws(ModelError) in try edit.remove(id) }
        return .empty
    }

    private static func checkNotInUse(
        _ object: ConfigObject, _ edit: GraphEdit, origin: String
    ) throws(ConfigFault) {
        let leaving = [object] + all(dependentsOf: object, edit)
        let leavingIDs = Set(leaving.map(\.id))
        for gone in leaving {
            let staying = edit.referrers(of: gone.id).filter { !leavingIDs.contains($0.id) }
            let children = staying.filter { $0.parent?.id == gone.id }
            guard children.isEmpty else {
                throw ConfigFault(409, "Delete when children still present: \(links(to: children, origin))")
            }
            let blocking = staying.filter { source in
                source.references.contains { name, list in
                    list.contains { $0.id == gone.id && !edit.yields($0, named: name, from: source, to: gone) }
                }
            }
            guard blocking.isEmpty else {
                throw ConfigFault(409, "Delete when resource still referred: \(links(to: blocking, origin))")
            }
        }
    }

    /// What goes with the object: its dependents, and theirs.
    private static func all(dependentsOf object: ConfigObject, _ edit: GraphEdit) -> [ConfigObject] {
        edit.dependents(of: object).flatMap { [$0] + all(dependentsOf: $0, edit) }
    }

    /// Most objects that a refusal names, which may be any number: whoever deletes these asks again.
    static let namedObjects = 100

    /// As the original writes a list of URLs.
    private static func links(to objects: [ConfigObject], _ origin: String) -> String {
        "["
            + objects.prefix(namedObjects).map {
                "u'\(ConfigObjectWriter.href(origin: origin, type: $0.type, id: $0.id))'"
            }.joined(separator: ", ") + "]"
    }
}
