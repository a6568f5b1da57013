import Addressing
import HashTreeCollections
import JSON

/// What a body says as a read shows it: no change, and therefore taken back without a check, whichever API made the
/// object and by whichever rules. Tools read an object, change a part of it and write all of it.
enum UnchangedMembers {
    /// What says the same thing thrice: when one of them asks for something else, the others must agree with it.
    private static let sharing: Set<String> = ["is_shared", "perms2", "router_external"]

    /// The properties and references that ask for something else than there is; unknown members ask for nothing.
    static func removed(
        from members: JSONObject, of object: ConfigObject, _ type: ObjectSchema, _ edit: GraphEdit
    ) -> JSONObject {
        let asked = members.filter { member in
            if type.references[member.name] != nil { return !shows(member.value, object, member.name, type, edit) }
            guard type.properties[member.name] != nil else { return false }
            return member.value != object.properties[member.name] ?? .null
                || member.name == "is_shared" && VirtualNetworkChecks.asksForAll(members, of: object)
        }
        let asksToShare = asked.contains { sharing.contains($0.name) }
        let kept = asksToShare ? members.filter { sharing.contains($0.name) } : []
        return JSONObject((kept + asked).map { ($0.name, $0.value) })
    }

    /// Whether a list of references is the one that a read shows.
    private static func shows(
        _ value: JSONValue, _ object: ConfigObject, _ name: String, _ type: ObjectSchema, _ edit: GraphEdit
    ) -> Bool {
        guard let entries = value.arrayValue else { return false }
        let own = object.references(name)
        let foreign = foreignReferences(to: object, name, type, edit)
        guard entries.count == own.count + foreign.count else { return false }
        let isOwn = Set(own.map(\.id))
        let known = Dictionary((own + foreign).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let byName = Dictionary((own + foreign).map { ($0.fqName, $0.id) }, uniquingKeysWith: { first, _ in first })
        var seen: [ObjectID] = []
        for entry in entries {
            let id: ObjectID? =
                if let text = entry["uuid"]?.stringValue { ObjectID(text) } else {
                    byName[(entry["to"]?.arrayValue ?? []).compactMap(\.stringValue)]
                }
            guard let reference = id.flatMap({ known[$0] }), reference.attribute == entry["attr"] ?? .null else {
                return false
            }
            seen.append(reference.id)
        }
        // The order of the object's own means something: addresses come from the first subnet.
        return seen.filter(isOwn.contains) == own.map(\.id) && Set(seen).count == seen.count
    }

    /// The references that others of the object's own type hold to it, which a read of it shows, too: such links are
    /// symmetric (vnc-api.md, 2).
    static func foreignReferences(
        to object: ConfigObject, _ name: String, _ type: ObjectSchema, _ edit: GraphEdit
    ) -> [Reference] {
        guard type.references[name]?.type == type.name, let sources = edit.base.inbound[object.id]?[type.name] else {
            return []
        }
        let own = Set(object.references(name).map(\.id))
        return sources.compactMap { source in
            guard !own.contains(source), let other = edit.object(source),
                let link = other.references(name).first(where: { $0.id == object.id })
            else { return nil }
            return Reference(id: source, fqName: other.fqName, attribute: link.attribute)
        }
    }

    /// A new list of references, without those that stay with the object at their other end, and with what `ref-relax`
    /// said about those that stay.
    static func merged(
        _ list: [Reference], into object: ConfigObject, _ name: String, _ type: ObjectSchema, _ edit: GraphEdit
    ) -> [Reference] {
        let foreign = Set(foreignReferences(to: object, name, type, edit))
        let relaxed = Set(object.references(name).filter(\.isRelaxed).map(\.id))
        return list.filter { !foreign.contains($0) }.map { reference in
            guard relaxed.contains(reference.id), !reference.isRelaxed else { return reference }
            return Reference(
                id: reference.id, fqName: reference.fqName, attribute: reference.attribute, isRelaxed: true)
        }
    }
}
