import Addressing
import HashTreeCollections
import JSON

/// Writes objects as the config API shows them (vnc-api.md, 1.4), from a snapshot straight into JSON text.
struct ConfigObjectWriter {
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

    /// The properties that every answer holds, whatever `fields` says.
    private static let alwaysShown: Set<String> = ["id_perms", "perms2"]

    /// The URL of an object.
    static func href(origin: String, type: String, id: ObjectID) -> String { "\(origin)/\(type)/\(id)" }

    /// All members of an object, with its properties and references.
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

    /// The named properties and links only, for lists with `fields`.
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
        for (name, list) in references(of: object) where fields?.contains(name) ?? true {
            writer.name(dynamic: name)
            writer.beginArray()
            for reference in list {
                write(
                    id: reference.id, fqName: reference.fqName, type: type.references[name]?.type ?? "",
                    attribute: reference.attribute, links: linksReferences, into: &writer)
            }
            writer.endArray()
        }
        guard includesChildren || includesBackReferences || fields != nil else { return }
        writeInbound(to: object, into: &writer)
    }

    /// The object's own references, and those of its own type that point at it: these links are symmetric.
    private func references(of object: ConfigObject) -> [String: [Reference]] {
        let name = "\(type.objectType)_refs"
        guard type.references[name] != nil, let sources = snapshot.inbound[object.id]?[type.name] else {
            return object.references
        }
        var references = object.references
        var known = Set((references[name] ?? []).map(\.id))
        for source in sources {
            guard let other = snapshot.objects[source],
                let link = other.references(name).first(where: { $0.id == object.id }),
                known.insert(source).inserted
            else { continue }
            references[name, default: []].append(
                Reference(id: source, fqName: other.fqName, attribute: link.attribute))
        }
        return references
    }

    private func writeInbound(to object: ConfigObject, into writer: inout JSONWriter) {
        let link = "\(type.objectType)_refs"
        for (source, ids) in snapshot.inbound[object.id] ?? [:] {
            guard let sourceType = snapshot.schema.types[source]?.objectType else { continue }
            let children = "\(sourceType)s"
            let backReferences = "\(sourceType)_back_refs"
            let showsChildren = fields?.contains(children) ?? includesChildren
            let showsBackReferences =
                (fields?.contains(backReferences) ?? includesBackReferences) && source != type.name
            guard showsChildren || showsBackReferences else { continue }
            let sources = ids.compactMap { snapshot.objects[$0] }.sorted { $0.id < $1.id }
            if showsChildren {
                writeList(children, sources.filter { $0.parent?.id == object.id }, into: &writer) { _ in nil }
            }
            if showsBackReferences {
                let referring = sources.filter { $0.references(link).contains { $0.id == object.id } }
                writeList(backReferences, referring, into: &writer) { source in
                    source.references(link).first { $0.id == object.id }?.attribute
                }
            }
        }
    }

    private func writeList(
        _ name: String, _ objects: [ConfigObject], into writer: inout JSONWriter,
        attribute: (ConfigObject) -> JSONValue?
    ) {
        guard !objects.isEmpty else { return }
        writer.name(dynamic: name)
        writer.beginArray()
        for object in objects {
            write(
                id: object.id, fqName: object.fqName, type: object.type, attribute: attribute(object),
                links: linksReferences, into: &writer)
        }
        writer.endArray()
    }

    private func write(
        id: ObjectID, fqName: [String], type: String, attribute: JSONValue?, links: Bool, into writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.name("to")
        writer.value(fqName: fqName)
        writer.name("uuid")
        writer.value(id.description)
        if links, let origin {
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
