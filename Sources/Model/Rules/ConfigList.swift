import Addressing
import HashTreeCollections
import JSON

/// A list of the config API: which objects, in which order, and how they are shown.
struct ConfigList {
    let snapshot: Snapshot
    let type: ObjectSchema
    let query: ConfigListQuery
    let origin: String

    /// The answer's JSON. Objects come in one total order: full name, then id.
    func answer() -> APIAnswer {
        let (objects, marker) = page(of: selected().filter(matchesFilters))
        var writer = JSONWriter(capacity: min(objects.count, 10_000) * (query.isDetailed ? 1500 : 250))
        writer.beginObject()
        writer.name(dynamic: type.collection)
        if query.isCount {
            writer.beginObject()
            writer.name("count")
            writer.value(objects.count)
            writer.endObject()
        } else {
            writer.beginArray()
            for object in objects { write(object, into: &writer) }
            writer.endArray()
        }
        if query.page != nil {
            writer.name("marker")
            writer.value(marker)
        }
        writer.endObject()
        return APIAnswer(status: 200, body: writer.finish())
    }

    private func write(_ object: ConfigObject, into writer: inout JSONWriter) {
        let links = query.excludesLinks ? nil : origin
        writer.beginObject()
        if query.isDetailed {
            // All properties and references are there anyway; children and back references only when named.
            let inbound = query.fields.filter { $0.hasSuffix("_back_refs") || type.children[$0] != nil }
            let shown = ConfigObjectWriter(
                snapshot: snapshot, type: type, origin: links, linksReferences: false, fields: nil,
                includesChildren: false, includesBackReferences: false)
            writer.name(dynamic: type.name)
            writer.beginObject()
            shown.writeMembers(of: object, into: &writer)
            if !inbound.isEmpty { fieldsWriter(inbound).writeFields(of: object, into: &writer) }
            writer.endObject()
        } else {
            let shown = fieldsWriter(query.fields)
            shown.writeIdentity(of: object, into: &writer)
            if !query.fields.isEmpty { shown.writeFields(of: object, into: &writer) }
        }
        writer.endObject()
    }

    private func fieldsWriter(_ fields: Set<String>) -> ConfigObjectWriter {
        ConfigObjectWriter(
            snapshot: snapshot, type: type, origin: query.excludesLinks ? nil : origin, linksReferences: false,
            fields: fields, includesChildren: false, includesBackReferences: false)
    }

    /// The objects that the anchors select, in no order.
    private func selected() -> [ConfigObject] {
        var candidates: [ConfigObject]?
        func narrow(_ objects: [ConfigObject]) {
            guard let before = candidates else {
                candidates = objects
                return
            }
            let kept = Set(objects.map(\.id))
            candidates = before.filter { kept.contains($0.id) }
        }
        if let ids = query.ids {
            narrow(Set(ids.compactMap(ObjectID.init)).compactMap { snapshot.object($0, type: type.name) })
        }
        if let names = query.names {
            narrow(Set(names).compactMap { snapshot.object(type: type.name, fqName: $0) })
        }
        if let parents = query.parentIDs {
            narrow(children(of: Set(parents.compactMap(ObjectID.init))))
        }
        if let name = query.parentName {
            let types = query.parentType.map { [$0.replacing("_", with: "-")] } ?? type.parents
            narrow(children(of: Set(types.compactMap { snapshot.object(type: $0, fqName: name)?.id })))
        }
        if let targets = query.backReferenceIDs {
            let ids = Set(targets.compactMap(ObjectID.init))
            var found: [ObjectID: ConfigObject] = [:]
            for id in ids {
                for source in snapshot.referrers(of: id, type: type.name)
                where source.references.values.joined().contains(where: { $0.id == id }) {
                    found[source.id] = source
                }
            }
            narrow(Array(found.values))
        }
        return candidates ?? snapshot.objects(ofType: type.name).values.map { $0 }
    }

    private func children(of parents: Set<ObjectID>) -> [ConfigObject] {
        parents.flatMap { parent in
            snapshot.referrers(of: parent, type: type.name).filter { $0.parent?.id == parent }
        }
    }

    /// The same key twice means "or", different keys mean "and"; when no key is a property, nothing is filtered.
    private func matchesFilters(_ object: ConfigObject) -> Bool {
        guard query.filters.contains(where: { type.properties[$0.name] != nil }) else { return true }
        return query.filters.allSatisfy { filter in
            guard let value = object.properties[filter.name] else { return false }
            return filter.values.contains { Self.matches(value, $0) }
        }
    }

    private static func matches(_ value: JSONValue, _ wanted: JSONValue) -> Bool {
        if value == wanted { return true }
        var wanted = wanted
        if case .string(let text) = wanted, let parsed = try? JSONValue(parsing: text) { wanted = parsed }
        guard let members = wanted.objectValue, let object = value.objectValue else { return value == wanted }
        return members.allSatisfy { object[$0.name] == $0.value }
    }

    private func page(of objects: [ConfigObject]) -> (objects: [ConfigObject], marker: String?) {
        guard !query.isCount || query.page != nil else { return (objects, nil) }
        var keyed = objects.map { (name: $0.fqName.joined(separator: ":"), object: $0) }
        keyed.sort { $0.name == $1.name ? $0.object.id < $1.object.id : $0.name < $1.name }
        guard let page = query.page else { return (keyed.map(\.object), nil) }
        if let marker = page.marker {
            let name =
                marker.name.isEmpty
                ? snapshot.objects[marker.id]?.fqName.joined(separator: ":") ?? "" : marker.name
            keyed = keyed.filter { ($0.name, $0.object.id) > (name, marker.id) }
        }
        let shown = keyed.prefix(page.limit)
        guard shown.count == page.limit, let last = shown.last else { return (shown.map(\.object), nil) }
        return (shown.map(\.object), "\(last.name):\(last.object.id)")
    }
}
