import Addressing
import HashTreeCollections
import JSON
import Ordered

/// Writes objects as the config API shows them (vnc-api.md, 1.4), from a snapshot straight into JSON text.
///
/// What an object has itself is written at once, since a request's body bounds it; what points at it is written piece by
/// piece, since nothing does.
struct ConfigObjectWriter: Sendable {
    let snapshot: Snapshot
    let type: ObjectSchema
    /// `http://host:port` for links; nil leaves links out.
    let origin: String?
    /// Whether references carry links, as they do in reads and not in lists.
    let linksReferences: Bool
    /// The properties, references, children and back references to show; nil shows all properties and references.
    let fields: Set<String>?
    let includesChildren: Bool
    let includesBackReferences: Bool
    /// Children and back references that are shown in any case, by member name.
    var addedInbound: Set<String> = []

    /// The properties that every answer holds, whatever `fields` says.
    private static let alwaysShown: Set<String> = ["id_perms", "perms2"]

    /// Whether something is shown besides name, id and link.
    var showsMore: Bool { fields.map { !$0.isEmpty } ?? true }

    /// The URL of an object.
    static func href(origin: String, type: String, id: ObjectID) -> String { "\(origin)/\(type)/\(id)" }

    /// All members of an object, with its properties and references, but what points at it.
    func writeMembers(of object: ConfigObject, into writer: inout JSONWriter) {
        writeIdentity(of: object, into: &writer)
        writer.name("name")
        writer.value(object.name)
        if let parent = object.parent {
            writer.name("parent_type")
            writer.value(parent.type)
            writer.name("parent_uuid")
            writer.value(parent.id.description)
            if let origin {
                writer.name("parent_href")
                writer.value(Self.href(origin: origin, type: parent.type, id: parent.id))
            }
        }
        for property in object.properties where isShown(property.name) {
            writer.name(dynamic: property.name)
            writer.value(property.value)
        }
        writeLinks(of: object, into: &writer)
    }

    /// `fq_name`, `uuid` and `href`.
    func writeIdentity(of object: ConfigObject, into writer: inout JSONWriter) {
        writer.name("uuid")
        writer.value(object.id.description)
        writer.name("fq_name")
        writer.value(fqName: object.fqName)
        if let origin {
            writer.name("href")
            writer.value(Self.href(origin: origin, type: object.type, id: object.id))
        }
    }

    /// The named properties and references only, for lists with `fields`.
    func writeFields(of object: ConfigObject, into writer: inout JSONWriter) {
        for property in object.properties where fields?.contains(property.name) ?? false {
            writer.name(dynamic: property.name)
            writer.value(property.value)
        }
        writeLinks(of: object, into: &writer)
    }

    private func isShown(_ property: String) -> Bool {
        if property == PropertyPositions.member { return false }
        guard let fields else { return true }
        return fields.contains(property) || Self.alwaysShown.contains(property)
    }

    private func writeLinks(of object: ConfigObject, into writer: inout JSONWriter) {
        let symmetric = symmetricLink(of: object)
        for (name, list) in object.references where name != symmetric && fields?.contains(name) ?? true {
            writer.name(dynamic: name)
            writer.beginArray()
            for reference in list { write(reference, type: type.references[name]?.type ?? "", into: &writer) }
            writer.endArray()
        }
    }

    /// The name of the references to objects of the own type, when such objects point at this one: these links are
    /// symmetric, and shown by ``inbound(of:)``.
    private func symmetricLink(of object: ConfigObject) -> String? {
        let name = "\(type.objectType)_refs"
        guard type.references[name] != nil, snapshot.inbound[object.id]?[type.name] != nil else { return nil }
        return name
    }

    /// The lists of what points at an object, which come after its members and may be longer than an answer's piece.
    func inbound(of object: ConfigObject) -> InboundWriter {
        var lists: [InboundWriter.List] = []
        let sources = snapshot.inbound[object.id] ?? [:]
        if let name = symmetricLink(of: object), fields?.contains(name) ?? true, let ids = sources[type.name] {
            lists.append(.init(name: name, ids: ids, kind: .symmetric(link: name)))
        }
        guard includesChildren || includesBackReferences || fields != nil || !addedInbound.isEmpty else {
            return InboundWriter(object: object, lists: lists, shown: self)
        }
        func isShown(_ name: String, otherwise: Bool) -> Bool {
            addedInbound.contains(name) || fields?.contains(name) ?? otherwise
        }
        for (source, ids) in sources {
            guard let sourceType = snapshot.schema.types[source]?.objectType else { continue }
            let (children, back) = ("\(sourceType)s", "\(sourceType)_back_refs")
            if isShown(children, otherwise: includesChildren) {
                lists.append(.init(name: children, ids: ids, kind: .children))
            }
            if source != type.name, isShown(back, otherwise: includesBackReferences) {
                lists.append(.init(name: back, ids: ids, kind: .backReferences(link: "\(type.objectType)_refs")))
            }
        }
        return InboundWriter(object: object, lists: lists, shown: self)
    }

    func write(_ reference: Reference, type: String, into writer: inout JSONWriter) {
        write(id: reference.id, fqName: reference.fqName, type: type, attribute: reference.attribute, into: &writer)
    }

    func write(
        id: ObjectID, fqName: [String], type: String, attribute: JSONValue?, into writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.name("to")
        writer.value(fqName: fqName)
        writer.name("uuid")
        writer.value(id.description)
        if linksReferences, let origin {
            writer.name("href")
            writer.value(Self.href(origin: origin, type: type, id: id))
        }
        if let attribute {
            writer.name("attr")
            writer.value(attribute)
        }
        writer.endObject()
    }
}

extension JSONWriter {
    mutating func value(fqName: [String]) {
        beginArray()
        for part in fqName { value(part) }
        endArray()
    }
}
