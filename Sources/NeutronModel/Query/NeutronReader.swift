import Addressing
import HashTreeCollections
import JSON
import Model

/// Neutron's reads: they look at the index only, take no lock and build no tree.
package struct NeutronReader: Sendable {
    private let index: NeutronIndex
    private let visibility: Visibility

    package init(index: NeutronIndex, caller: EditContext.Caller) {
        self.index = index
        visibility = Visibility(caller: caller)
    }

    /// What of a collection the caller sees and the query asks for.
    ///
    /// - Parameter url: the collection's own address, for the links of pages.
    /// - Returns: 200
    /// - Throws: ``NeutronError``
    package func list(
        _ collection: NeutronCollection, query: NeutronQuery, url: String
    ) throws(NeutronError) -> APIAnswer {
        switch collection {
        case .networks: try list(index.networks, query, url)
        case .subnets: try list(index.subnets, query, url)
        case .ports: try list(index.ports, query, url)
        case .securityGroups: try list(index.securityGroups, query, url)
        case .securityGroupRules: try list(index.securityGroupRules, query, url)
        }
    }

    /// One object.
    ///
    /// - Returns: 200
    /// - Throws: 404
    package func show(
        _ collection: NeutronCollection, id: String, query: NeutronQuery
    ) throws(NeutronError) -> APIAnswer {
        switch collection {
        case .networks: try show(index.networks, id, query)
        case .subnets: try show(index.subnets, id, query)
        case .ports: try show(index.ports, id, query)
        case .securityGroups: try show(index.securityGroups, id, query)
        case .securityGroupRules: try show(index.securityGroupRules, id, query)
        }
    }

    private func show<View: NeutronView>(
        _ views: ViewCollection<View>, _ id: String, _ query: NeutronQuery
    ) throws(NeutronError) -> APIAnswer {
        let view = try visibility.find(id, in: views)
        var writer = JSONWriter(capacity: 2048)
        writer.beginObject()
        writer.name(View.collection.resource)
        View.attributes.write(
            view, fields: fields(query), forAdministrator: visibility.caller.seesEverything, to: &writer)
        writer.endObject()
        return APIAnswer(status: 200, body: writer.finish())
    }

    private func list<View: NeutronView>(
        _ views: ViewCollection<View>, _ query: NeutronQuery, _ url: String
    ) throws(NeutronError) -> APIAnswer {
        let filters = try Filter<View>.all(query)
        let order = try ListOrder<View>(query)
        var found = candidates(views, filters)
        if !filters.isEmpty || !visibility.caller.seesEverything {
            found = found.filter { view in visibility.sees(view) && filters.allSatisfy { $0.matches(view) } }
        }
        if !query.sorting.isEmpty { found.sort(by: order.precedes) }
        let page = try page(of: found, views, query, order)
        let isAdministrator = visibility.caller.seesEverything
        let fields: [Attribute<View>]? = fields(query)
        let guess = fields == nil ? page.first?.rendering.bytes.count ?? 0 : 128
        var writer = JSONWriter(capacity: 256 + page.count * (guess + guess / 8))
        writer.beginObject()
        writer.name(View.collection.plural)
        writer.beginArray()
        for view in page {
            View.attributes.write(view, fields: fields, forAdministrator: isAdministrator, to: &writer)
        }
        writer.endArray()
        if let limit = query.limit { writeLinks(page, limit: limit, query, url, &writer) }
        writer.endObject()
        return APIAnswer(status: 200, body: writer.finish())
    }

    private func fields<View: NeutronView>(_ query: NeutronQuery) -> [Attribute<View>]? {
        guard let names = query.fields else { return nil }
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }.compactMap { View.attributes[$0] }
    }

    /// Everything that can be in the list, in the order of ids: the fewest that a filter or the caller's project names.
    private func candidates<View: NeutronView>(_ views: ViewCollection<View>, _ filters: [Filter<View>]) -> [View] {
        var best: [IndexKey]?
        var fewest = views.views.count
        func consider(_ keys: [IndexKey]) {
            let count = keys.reduce(0) { $0 + views.count($1) }
            if count < fewest { (best, fewest) = (keys, count) }
        }
        for filter in filters {
            switch filter.lookup {
            case .everything: continue
            case .ids(let ids): return Set(ids).sorted().compactMap { views[$0] }
            case .keys(let keys): consider(keys)
            }
        }
        if !visibility.caller.seesEverything {
            consider([.everyone] + (visibility.projectID.map { [.project($0), .networkProject($0)] } ?? []))
        }
        guard let best else { return views.inOrder }
        guard fewest > 0 else { return [] }
        var ids: Set<ObjectID> = []
        for key in best { ids.formUnion(views.ids(key)) }
        return ids.compactMap { views[$0] }.sorted { $0.id < $1.id }
    }

    private func page<View: NeutronView>(
        of found: [View], _ views: ViewCollection<View>, _ query: NeutronQuery, _ order: ListOrder<View>
    ) throws(NeutronError) -> ArraySlice<View> {
        guard let limit = query.limit else { return found[...] }
        guard let text = query.marker else {
            return query.isReversed ? found.suffix(limit) : found.prefix(limit)
        }
        let marker = try visibility.find(text, in: views)
        if query.isReversed {
            return found.prefix { order.precedes($0, marker) }.suffix(limit)
        }
        return found.drop { !order.precedes(marker, $0) }.prefix(limit)
    }

    private func writeLinks<View: NeutronView>(
        _ page: ArraySlice<View>, limit: Int, _ query: NeutronQuery, _ url: String, _ writer: inout JSONWriter
    ) {
        var links: [(relation: String, address: String)] = []
        let isShort = page.count < limit
        if !isShort || query.isReversed {
            links.append(("next", query.link(url, marker: page.last?.id.description, reversed: false)))
        }
        if !isShort || !query.isReversed {
            links.append(("previous", query.link(url, marker: page.first?.id.description, reversed: true)))
        }
        writer.name(dynamic: "\(View.collection.plural)_links")
        writer.beginArray()
        for link in links {
            writer.beginObject()
            writer.name("rel")
            writer.value(link.relation)
            writer.name("href")
            writer.value(link.address)
            writer.endObject()
        }
        writer.endArray()
    }
}

/// The order of a list: by the keys asked for, then by id.
private struct ListOrder<View: NeutronView> {
    private let keys: [(attribute: Attribute<View>, ascending: Bool)]

    init(_ query: NeutronQuery) throws(NeutronError) {
        let unknown = query.sorting.map(\.key).filter { !(View.attributes[$0]?.isSortKey ?? false) }
        guard unknown.isEmpty else {
            throw .badRequest("\(PythonText.list(unknown)) is invalid attribute for sort_keys")
        }
        keys = query.sorting.compactMap { sort in
            View.attributes[sort.key].map { (attribute: $0, ascending: sort.ascending) }
        }
    }

    func precedes(_ left: View, _ right: View) -> Bool {
        for (attribute, ascending) in keys {
            let (first, second) = (attribute.value(left), attribute.value(right))
            if AttributeValue.isOrdered(first, second) { return ascending }
            if AttributeValue.isOrdered(second, first) { return !ascending }
        }
        return left.id < right.id
    }
}
