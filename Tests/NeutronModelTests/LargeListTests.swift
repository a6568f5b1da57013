import Addressing
import JSON
import Model
import Testing

@testable import NeutronModel

/// Lists that are longer than what is sent or looked at in one go.
@Suite struct LargeListTests {
    /// Networks with names in no order, every tenth of another project and every hundredth shared.
    private static func networks(_ count: Int) throws -> (views: ViewCollection<NeutronNetwork>, sorted: [ObjectID]) {
        var views = ViewCollection<NeutronNetwork>()
        var ids: [ObjectID] = []
        for number in 0..<count {
            let id = ObjectID(bits: UInt128(number &* 7919 % 1_000_003) << 32 | UInt128(number))
            let project = number % 10 == 0 ? EditContext.Caller.other : EditContext.Caller.member
            let object = ConfigObject(
                type: "virtual-network", id: id, fqName: ["d", "p", "n\(number * 31 % count)"],
                parent: ObjectLink(type: "project", id: try #require(ObjectID(project.projectID))),
                properties: ["is_shared": .bool(number % 100 == 0), "id_perms": ["enable": .bool(number % 2 == 0)]],
                references: [:])
            views.set(NeutronNetwork(object), for: id)
            ids.append(id)
        }
        return (views, ids.sorted())
    }

    private static func pieces(
        _ views: ViewCollection<NeutronNetwork>, _ items: [NeutronQuery.Item], as caller: EditContext.Caller = .admin,
        largestPage: Int = LargestPage.standard
    ) throws -> ListPieces<NeutronNetwork> {
        let query = try NeutronQuery(items)
        let visibility = Visibility(caller: caller)
        return ListPieces(
            views, filters: try Filter.all(query), order: try ListOrder(query),
            marker: try query.marker.map { try visibility.find($0, in: views) },
            fields: query.fields.map { $0.compactMap { NeutronNetwork.attributes[$0] } }, visibility: visibility,
            query: query, url: "http://h/v2.0/networks", largestPage: largestPage)
    }

    private static func ids(_ pieces: ListPieces<NeutronNetwork>) throws -> [String] {
        let body = try JSONValue(parsing: APIAnswer(pieces: pieces).body)
        return (body["networks"]?.arrayValue ?? []).compactMap { $0["id"]?.stringValue }
    }

    @Test func `A page looks at what is on it, whatever the size of the collection`() throws {
        var visited: [Int] = []
        for size in [1_000, 10_000, 40_000] {
            let (views, sorted) = try Self.networks(size)
            for (caller, reverse) in [(EditContext.Caller.admin, "False"), (.member, "False"), (.admin, "True")] {
                var pieces = try Self.pieces(
                    views,
                    [
                        ("limit", "256"), ("marker", sorted[size / 2].description), ("page_reverse", reverse),
                        ("fields", "id"),
                    ], as: caller)
                // One piece, since it is short and few were looked at: had more been looked at, it would be paused.
                _ = pieces.next()
                #expect(pieces.isAtEnd)
                visited.append(pieces.visited)
            }
        }
        #expect(visited.allSatisfy { (256...300).contains($0) }, "\(visited)")
    }

    @Test func `Pages in any order hold what a sorted copy holds, both ways`() throws {
        let (views, sorted) = try Self.networks(3_000)
        let byName = views.inOrder.sorted { ($0.name, $0.id) < ($1.name, $1.id) }.map(\.id.description)
        let marker = byName[1_000]
        let sorting: [NeutronQuery.Item] = [("sort_key", "name"), ("sort_dir", "asc"), ("limit", "50")]
        #expect(try Self.ids(Self.pieces(views, sorting)) == Array(byName[..<50]))
        #expect(try Self.ids(Self.pieces(views, sorting + [("marker", marker)])) == Array(byName[1_001..<1_051]))
        #expect(
            try Self.ids(Self.pieces(views, sorting + [("marker", marker), ("page_reverse", "True")]))
                == Array(byName[950..<1_000]))
        #expect(
            try Self.ids(Self.pieces(views, [("limit", "50"), ("page_reverse", "True")]))
                == sorted.suffix(50).map(\.description))
        let mine = try Self.ids(Self.pieces(views, [], as: .member))
        let expected = views.inOrder.filter { Visibility(caller: .member).sees($0) }.map(\.id.description)
        #expect(mine == expected && mine.count < 3_000)
    }

    @Test func `A long list is made in pieces of bounded size, and is the same text`() throws {
        let (views, sorted) = try Self.networks(3_000)
        var pieces = try Self.pieces(views, [])
        var sizes: [Int] = []
        var bytes: [UInt8] = []
        while !pieces.isAtEnd {
            let piece = pieces.next()
            sizes.append(piece.count)
            bytes += piece
        }
        #expect(sizes.count > 10 && sizes.allSatisfy { $0 <= PieceBudget.bytes + 2_000 }, "\(sizes)")
        let body = try JSONValue(parsing: bytes)
        #expect(body["networks"]?.arrayValue?.compactMap { $0["id"]?.stringValue } == sorted.map(\.description))
    }

    @Test func `A filter that lets nothing through pauses`() throws {
        let (views, _) = try Self.networks(9_000)
        for sorting: [NeutronQuery.Item] in [[], [("sort_key", "mtu"), ("sort_dir", "asc")]] {
            var pieces = try Self.pieces(views, [("description", "nothing has it")] + sorting)
            var steps = 0
            while !pieces.isAtEnd {
                let before = pieces.visited
                _ = pieces.next()
                #expect(pieces.visited - before <= PieceBudget.visits)
                steps += 1
            }
            #expect(steps >= 9_000 / PieceBudget.visits)
        }
    }

    /// To find a place among thousands takes longer than a look, and so does to sort them.
    @Test func `A long page in another order pauses while it is sorted, too`() throws {
        let (views, _) = try Self.networks(4_000)
        var pieces = try Self.pieces(views, [("sort_key", "name"), ("sort_dir", "desc"), ("fields", "id")])
        let placing = PageSelection<NeutronNetwork>.placing
        var bytes: [UInt8] = []
        while !pieces.isAtEnd {
            let before = pieces.visited
            let piece = pieces.next()
            #expect(pieces.visited - before <= PieceBudget.visits / (1 + placing) + 1)
            let entries = piece.count { $0 == UInt8(ascii: "{") }
            #expect(entries <= PieceBudget.visits / placing + 2)
            bytes += piece
        }
        let body = try JSONValue(parsing: bytes)
        let found = (body["networks"]?.arrayValue ?? []).compactMap { $0["id"]?.stringValue }
        let expected = views.inOrder.sorted { ($1.name, $0.id) < ($0.name, $1.id) }.map(\.id.description)
        #expect(found == expected)
    }

    @Test func `An answer lists no more than the largest page, and leads to the rest`() throws {
        let (views, sorted) = try Self.networks(250)
        var found: [String] = []
        var query: [NeutronQuery.Item]? = [("fields", "id"), ("limit", "1000")]
        var lengths: [Int] = []
        while let items = query {
            let body = try JSONValue(
                parsing: APIAnswer(pieces: try Self.pieces(views, items, largestPage: 100)).body)
            let page = (body["networks"]?.arrayValue ?? []).compactMap { $0["id"]?.stringValue }
            found += page
            lengths.append(page.count)
            let next = body["networks_links"]?.arrayValue?.first { $0["rel"] == "next" }
            query = next == nil ? nil : [("fields", "id"), ("marker", page.last ?? "")]
        }
        #expect(lengths == [100, 100, 50] && found == sorted.map(\.description))
    }

    @Test func `Queries are bounded`() throws {
        func refusal(_ items: [NeutronQuery.Item]) -> NeutronError? {
            do throws(NeutronError) {
                _ = try Filter<NeutronPort>.all(try NeutronQuery(items))
                return nil
            } catch {
                return error
            }
        }
        let many = (0..<NeutronQuery.itemCount).map { (name: "id", value: "\($0)") }
        #expect(refusal(many) == nil)
        #expect(refusal(many + [("id", "x")])?.status == 400)
        let parts = (0...NeutronPort.substringCount).map { (name: "fixed_ips", value: "ip_address_substr=\($0)") }
        #expect(refusal(parts)?.status == 400)
        #expect(refusal(Array(parts.dropLast())) == nil)
        let sorting = Array(
            repeatElement([(name: "sort_key", value: "name"), (name: "sort_dir", value: "asc")], count: 1_000).joined())
        #expect(try NeutronQuery(sorting).sorting.count == 1)
    }
}
