import JSON
import Model

/// Neutron's reads: they look at the index only, take no lock and build no tree.
package struct NeutronReader: Sendable {
    private let index: NeutronIndex
    private let visibility: Visibility
    private let largestPage: Int

    /// - Parameter largestPage: the most objects that one answer lists, whatever the client asks for.
    package init(index: NeutronIndex, caller: EditContext.Caller, largestPage: Int = LargestPage.standard) {
        self.index = index
        self.largestPage = largestPage
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
        APIAnswer(
            pieces: ListPieces(
                views, filters: try Filter<View>.all(query), order: try ListOrder<View>(query),
                marker: try query.marker.map { (id) throws(NeutronError) in try visibility.find(id, in: views) },
                fields: fields(query), visibility: visibility, query: query, url: url, largestPage: largestPage))
    }

    private func fields<View: NeutronView>(_ query: NeutronQuery) -> [Attribute<View>]? {
        guard let names = query.fields else { return nil }
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }.compactMap { View.attributes[$0] }
            .filter(\.isVisible)
    }
}
