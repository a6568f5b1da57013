import Addressing
import JSON
import Model

/// Writes a list piece by piece.
///
/// A page in the order of ids is written while the collection is walked through from the marker on; one in another order,
/// or one that ends at its marker, is gathered first.
struct ListPieces<View: NeutronView>: AnswerPieces {
    private let filters: [Filter<View>]
    private let visibility: Visibility
    private let fields: [Attribute<View>]?
    private let query: NeutronQuery
    private let url: String
    private let limit: Int
    private var stage: Stage
    private var walk: ListWalk<View>
    /// The walk is over.
    private var isExhausted = false
    private var first: View?
    private var last: View?
    private var count = 0
    /// How many have been looked at.
    private(set) var visited = 0
    private var state = JSONWriter.State()
    private var hasBegun = false
    private(set) var isAtEnd = false

    private enum Stage: Sendable {
        /// What is found is written.
        case writing
        /// What is found is gathered, from the end of the page to its beginning.
        case gathering([View])
        case selecting(PageSelection<View>)
        /// Everything is found, and comes out of the selection in its order.
        case ordering(PageSelection<View>)
        /// Everything is found.
        case found(ArraySlice<View>)
    }

    init(
        _ views: ViewCollection<View>, filters: [Filter<View>], order: ListOrder<View>, marker: View?,
        fields: [Attribute<View>]?, visibility: Visibility, query: NeutronQuery, url: String, largestPage: Int
    ) {
        self.filters = filters
        self.visibility = visibility
        self.fields = fields
        self.query = query
        self.url = url
        limit = min(query.limit ?? largestPage, largestPage)
        stage =
            if !order.isByID {
                .selecting(
                    PageSelection(order: order, limit: limit, marker: marker, isReversed: query.isReversed))
            } else if query.isReversed {
                .gathering([])
            } else {
                .writing
            }
        walk = ListWalk(
            views, filters: filters, visibility: visibility, from: order.isByID ? marker?.id : nil,
            isAscending: !(order.isByID && query.isReversed))
    }

    mutating func next() -> [UInt8] {
        var writer = JSONWriter(capacity: hasBegun ? PieceBudget.bytes * 5 / 4 : 4096, after: state)
        var budget = PieceBudget()
        if !hasBegun {
            hasBegun = true
            writer.beginObject()
            writer.name(View.collection.plural)
            writer.beginArray()
        }
        while !isAtEnd, !budget.isSpent(writer) { advance(&writer, &budget) }
        state = writer.state
        return writer.finish()
    }

    /// Goes on in the present stage until it is over or the budget is spent.
    private mutating func advance(_ writer: inout JSONWriter, _ budget: inout PieceBudget) {
        switch stage {
        case .writing:
            while count < limit, !budget.isSpent(writer), let view = find(&budget) { write(view, to: &writer) }
            if count == limit || isExhausted { end(&writer) }
        case .gathering(var views):
            // Taken out of the stage, so that it is changed in place.
            stage = .writing
            while views.count < limit, let view = find(&budget) { views.append(view) }
            stage = views.count == limit || isExhausted ? .found(views.reversed()[...]) : .gathering(views)
        case .selecting(var selection):
            stage = .writing
            while let view = find(&budget) {
                if selection.consider(view) { budget.visit(PageSelection<View>.placing) }
            }
            stage = isExhausted ? .ordering(selection) : .selecting(selection)
        case .ordering(var selection):
            stage = .writing
            while !budget.isSpent(writer) {
                guard let view = selection.popFirst() else { return end(&writer) }
                budget.visit(PageSelection<View>.placing)
                write(view, to: &writer)
            }
            stage = .ordering(selection)
        case .found(var views):
            stage = .writing
            while !budget.isSpent(writer), let view = views.popFirst() { write(view, to: &writer) }
            stage = .found(views)
            if views.isEmpty { end(&writer) }
        }
    }

    /// The next that the caller sees and the filters let through; nil at the end and when enough has been looked at.
    private mutating func find(_ budget: inout PieceBudget) -> View? {
        while budget.allowsVisit {
            guard let view = walk.next() else {
                isExhausted = true
                return nil
            }
            budget.visit()
            visited += 1
            if visibility.sees(view), filters.allSatisfy({ $0.matches(view) }) { return view }
        }
        return nil
    }

    private mutating func write(_ view: View, to writer: inout JSONWriter) {
        count += 1
        if first == nil { first = view }
        last = view
        View.attributes.write(
            view, fields: fields, forAdministrator: visibility.caller.seesEverything, to: &writer)
    }

    private mutating func end(_ writer: inout JSONWriter) {
        isAtEnd = true
        writer.endArray()
        // Whoever did not ask for pages gets links only when there is more than what is shown.
        if query.limit != nil || query.marker != nil || count == limit { writeLinks(&writer) }
        writer.endObject()
    }

    private func writeLinks(_ writer: inout JSONWriter) {
        var links: [(relation: String, address: String)] = []
        let isShort = count < limit
        if !isShort || query.isReversed {
            links.append(("next", query.link(url, marker: last?.id.description, reversed: false)))
        }
        if !isShort || !query.isReversed {
            links.append(("previous", query.link(url, marker: first?.id.description, reversed: true)))
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
