import Addressing
import HashTreeCollections
import JSON
import Ordered

/// A list of the config API: which objects, in which order, and how they are shown.
///
/// All objects of a type come in the order of their names, as Contrail keeps them; those that an anchor selects come in
/// the order of their ids, as Contrail's do. Both orders are kept, so that a page costs what is on it.
struct ConfigList: Sendable {
    let snapshot: Snapshot
    let type: ObjectSchema
    let query: ConfigListQuery
    /// How entries are shown.
    private let shown: ConfigObjectWriter
    /// The objects of the parents' types with the name that the query has.
    private let namedParents: Set<ObjectID>?
    private let source: Source

    /// Where the entries come from.
    enum Source: Sendable {
        case everything(OrderedSet<ListKey>)
        /// All that can be in the list, and perhaps more.
        case candidates([OrderedSet<ObjectID>])
    }

    /// - Throws: 400 for a filter by something that is no property, and for a marker that means nothing.
    init(
        snapshot: Snapshot, type: ObjectSchema, query: ConfigListQuery, origin: String, largestPage: Int
    ) throws(ConfigFault) {
        self.snapshot = snapshot
        self.type = type
        if let unknown = query.filters.first(where: { type.properties[$0.name] == nil }) {
            throw ConfigFault(400, "Invalid filter \(unknown.name): \(type.name) has no such property")
        }
        let links = query.excludesLinks ? nil : origin
        // Names that nothing has are left out once, not at each object.
        let fields = query.fields.filter {
            type.properties[$0] != nil || type.references[$0] != nil || type.children[$0] != nil
                || $0.hasSuffix("_back_refs")
        }
        // Details have all properties and references anyway; children and back references only when named.
        let inbound = fields.filter { $0.hasSuffix("_back_refs") || type.children[$0] != nil }
        shown = ConfigObjectWriter(
            snapshot: snapshot, type: type, origin: links, linksReferences: false,
            fields: query.isDetailed ? nil : fields, includesChildren: false, includesBackReferences: false,
            addedInbound: query.isDetailed ? inbound : [])
        namedParents = query.parentName.map { name in
            let types = query.parentType.map { [$0.replacing("_", with: "-")] } ?? type.parents
            return Set(types.compactMap { snapshot.object(type: $0, fqName: name)?.id })
        }
        source = Self.source(snapshot, type, query, namedParents: namedParents)
        var query = query
        if let page = query.page { query.page?.limit = min(page.limit, largestPage) }
        if case .everything = source, let marker = query.page?.marker, marker.name.isEmpty {
            guard let object = snapshot.object(marker.id, type: type.name) else {
                throw ConfigFault(400, "Invalid page_marker \(marker.id)")
            }
            query.page?.marker = ListKey(object)
        }
        self.query = query
    }

    func answer() -> APIAnswer { APIAnswer(pieces: ConfigListPieces(self)) }

    /// How many there are, when nobody has to look at them.
    var count: Int? {
        guard case .everything(let keys) = source, query.filters.isEmpty, query.page == nil else { return nil }
        return keys.count
    }

    /// Goes through everything that can be in the list.
    func walk() -> Walk {
        switch source {
        case .everything(let keys): Walk(everything: OrderedWalk(keys, from: query.page?.marker))
        case .candidates(let sets): Walk(candidates: MergedWalk(sets, from: query.page?.marker?.id))
        }
    }

    struct Walk: Sendable {
        fileprivate var everything: OrderedWalk<ListKey>?
        fileprivate var candidates: MergedWalk<ObjectID>?

        mutating func next() -> ObjectID? { everything?.next()?.id ?? candidates?.next() }
    }

    /// What the next page begins behind.
    func marker(after object: ConfigObject) -> String {
        guard case .everything = source else { return object.id.description }
        return "\(ListKey(object).name):\(object.id)"
    }

    /// Whether all anchors and filters let an object through.
    func contains(_ object: ConfigObject) -> Bool {
        guard object.type == type.name else { return false }
        if let ids = query.ids, !ids.contains(object.id) { return false }
        if let names = query.names, !names.contains(object.fqName) { return false }
        for parents in [query.parentIDs, namedParents] {
            guard let parents else { continue }
            guard let parent = object.parent?.id, parents.contains(parent) else { return false }
        }
        if let targets = query.backReferenceIDs,
            !object.references.values.contains(where: { $0.contains { targets.contains($0.id) } })
        {
            return false
        }
        return query.filters.allSatisfy { $0.matches(object) }
    }

    /// Writes an entry but for what is in ``inbound(of:)``, and leaves its objects open.
    func begin(_ object: ConfigObject, into writer: inout JSONWriter) {
        writer.beginObject()
        if query.isDetailed {
            writer.name(dynamic: type.name)
            writer.beginObject()
            shown.writeMembers(of: object, into: &writer)
        } else {
            shown.writeIdentity(of: object, into: &writer)
            if shown.showsMore { shown.writeFields(of: object, into: &writer) }
        }
    }

    /// The rest of an entry; nil for one that has none.
    func inbound(of object: ConfigObject) -> InboundWriter? { shown.showsMore ? shown.inbound(of: object) : nil }

    func end(into writer: inout JSONWriter) {
        if query.isDetailed { writer.endObject() }
        writer.endObject()
    }

    /// The anchor that leaves the fewest candidates.
    private static func source(
        _ snapshot: Snapshot, _ type: ObjectSchema, _ query: ConfigListQuery, namedParents: Set<ObjectID>?
    ) -> Source {
        var best: [OrderedSet<ObjectID>]?
        func consider(_ sets: [OrderedSet<ObjectID>]) {
            let count = sets.reduce(0) { $0 + $1.count }
            if count < best?.reduce(0, { $0 + $1.count }) ?? .max { best = sets }
        }
        if let ids = query.ids { consider([OrderedSet(ids)]) }
        if let names = query.names {
            consider([OrderedSet(names.compactMap { snapshot.object(type: type.name, fqName: $0)?.id })])
        }
        for targets in [query.parentIDs, namedParents, query.backReferenceIDs] {
            guard let targets else { continue }
            consider(targets.compactMap { snapshot.inbound[$0]?[type.name] })
        }
        return best.map { .candidates($0) } ?? .everything(snapshot.order[type.name] ?? [])
    }
}
