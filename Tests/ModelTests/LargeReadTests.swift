import Addressing
import HashTreeCollections
import JSON
import Ordered
import Store
import StoreContents
import Testing

@testable import Model

/// Reads of the config API that are longer than what is sent or looked at in one go.
@Suite struct LargeReadTests {
    private static let schema = Result { try Schema.standard() }
    private static let project = ObjectID(bits: 1)

    /// A project with networks, and interfaces that all refer to the first of them.
    private static func snapshot(networks: Int, interfaces: Int = 0) throws -> Snapshot {
        var entries: [StoredEntry] = []
        func add(_ object: ConfigObject) {
            entries.append(
                StoredEntry(
                    key: StoreKey.object(type: object.type, id: object.id).path,
                    value: JSONValue.object(object.stored).bytes, created: Revision(1), modified: Revision(1)))
        }
        add(
            ConfigObject(
                type: "project", id: project, fqName: ["d", "p"], parent: nil, properties: [:], references: [:]))
        let parent = ObjectLink(type: "project", id: project)
        for number in 0..<networks {
            add(
                ConfigObject(
                    type: "virtual-network", id: ObjectID(bits: UInt128(1_000_000 + number)),
                    fqName: ["d", "p", "n\(number * 7919 % 1_000_003)"], parent: parent,
                    properties: ["mac_aging_time": .integer(number % 5)], references: [:]))
        }
        let network = Reference(id: ObjectID(bits: 1_000_000), fqName: ["d", "p", "n0"])
        for number in 0..<interfaces {
            add(
                ConfigObject(
                    type: "virtual-machine-interface", id: ObjectID(bits: UInt128(9_000_000 + number)),
                    fqName: ["d", "p", "i\(number)"], parent: parent, properties: [:],
                    references: ["virtual_network_refs": [network]]))
        }
        return Snapshot(schema: try schema.get(), listing: Listing(revision: Revision(1), entries: entries))
    }

    private static func list(
        _ snapshot: Snapshot, _ items: [(name: String, value: String)], largestPage: Int = LargestPage.standard
    ) throws -> ConfigListPieces {
        let type = try #require(snapshot.schema.types["virtual-network"])
        return ConfigListPieces(
            try ConfigList(
                snapshot: snapshot, type: type, query: try ConfigListQuery(items: items), origin: "http://h",
                largestPage: largestPage))
    }

    private static func read(_ pieces: some AnswerPieces) throws -> JSONValue {
        try JSONValue(parsing: APIAnswer(pieces: pieces).body)
    }

    @Test(arguments: ["", "parent_id"])
    func `A page looks at what is on it, and the markers lead through everything once`(anchor: String) throws {
        for size in [1_000, 5_000] {
            let snapshot = try Self.snapshot(networks: size)
            var found: [String] = []
            var marker: String? = ""
            while let text = marker {
                var items = [(name: "page_marker", value: text), (name: "page_limit", value: "256")]
                if !anchor.isEmpty { items.append((name: anchor, value: Self.project.description)) }
                let pieces = try Self.list(snapshot, items)
                #expect(pieces.visited == 0)
                var read = pieces
                while !read.isAtEnd { _ = read.next() }
                #expect(read.visited <= 256)
                let page = try Self.read(pieces)
                found += (page["virtual-networks"]?.arrayValue ?? []).compactMap { $0["uuid"]?.stringValue }
                marker = page["marker"]?.stringValue
            }
            let objects = snapshot.objects(ofType: "virtual-network").values
            let expected =
                anchor.isEmpty
                ? objects.map { ListKey($0) }.sorted().map(\.id.description)
                : objects.map(\.id).sorted().map(\.description)
            #expect(found == expected)
        }
    }

    @Test func `A page is cut at the largest, and a list without pages is not`() throws {
        let snapshot = try Self.snapshot(networks: 300)
        let page = try Self.read(
            Self.list(snapshot, [("page_marker", ""), ("page_limit", "1000")], largestPage: 100))
        #expect(page["virtual-networks"]?.arrayValue?.count == 100 && page["marker"]?.stringValue != nil)
        let all = try Self.read(Self.list(snapshot, [], largestPage: 100))
        #expect(all["virtual-networks"]?.arrayValue?.count == 300 && all["marker"] == nil)
    }

    @Test func `Everything is made in pieces of bounded size, also what points at one object`() throws {
        let snapshot = try Self.snapshot(networks: 3_000, interfaces: 4_000)
        let type = try #require(snapshot.schema.types["virtual-network"])
        let object = try #require(snapshot.objects[ObjectID(bits: 1_000_000)])
        let writer = ConfigObjectWriter(
            snapshot: snapshot, type: type, origin: "http://h", linksReferences: true, fields: nil,
            includesChildren: true, includesBackReferences: true)
        let back = "virtual_machine_interface_back_refs"
        let all: [(any AnswerPieces, (JSONValue) -> Int?)] = [
            (try Self.list(snapshot, []), { $0["virtual-networks"]?.arrayValue?.count }),
            (try Self.list(snapshot, [("detail", "true")]), { $0["virtual-networks"]?.arrayValue?.count }),
            (
                try Self.list(snapshot, [("fields", back)]),
                { ($0["virtual-networks"]?.arrayValue ?? []).compactMap { $0[back]?.arrayValue?.count }.max() }
            ),
            (
                try Self.list(snapshot, [("detail", "true"), ("fields", back), ("obj_uuids", "\(object.id)")]),
                { $0["virtual-networks"]?.arrayValue?.first?["virtual-network"]?[back]?.arrayValue?.count }
            ),
            (ConfigObjectPieces(object: object, shown: writer), { $0["virtual-network"]?[back]?.arrayValue?.count }),
        ]
        for ((pieces, count), expected) in zip(all, [3_000, 3_000, 4_000, 4_000, 4_000]) {
            var pieces = pieces
            var bytes: [UInt8] = []
            var steps = 0
            while !pieces.isAtEnd {
                let piece = pieces.next()
                #expect(piece.count <= PieceBudget.bytes + 2_000)
                bytes += piece
                steps += 1
            }
            #expect(steps > 1)
            #expect(count(try JSONValue(parsing: bytes)) == expected)
        }
    }

    @Test func `The order follows changes`() throws {
        var snapshot = try Self.snapshot(networks: 50)
        let gone = try #require(snapshot.objects[ObjectID(bits: 1_000_010)])
        let key = StoreKey.object(type: gone.type, id: gone.id).path
        _ = snapshot.apply(WatchBatch(revision: Revision(2), events: [.delete(key)]))
        let changed = try #require(snapshot.objects[ObjectID(bits: 1_000_011)])
        let entry = StoredEntry(
            key: StoreKey.object(type: changed.type, id: changed.id).path,
            value: JSONValue.object(changed.with(properties: ["mac_aging_time": 7], references: [:]).stored).bytes,
            created: Revision(1), modified: Revision(3))
        _ = snapshot.apply(WatchBatch(revision: Revision(3), events: [.put(entry)]))
        let keys = snapshot.objects(ofType: "virtual-network").values.map { ListKey($0) }.sorted()
        #expect(snapshot.order["virtual-network"].map(Array.init) == keys && keys.count == 49)
    }

    @Test(
        arguments: [
            ([("filters", "colour==1")], "Invalid filter colour: virtual-network has no such property"),
            ([("filters", "mac_aging_time==1,colour==1")], "Invalid filter colour"),
            ([("parent_uuid", "x")], "Unknown query parameter parent_uuid"),
            ([("tags-any", "x")], "Unknown query parameter tags-any"),
            ([("parent_fq_name_str", "a"), ("parent_fq_name_str", "b")], "given 2 times"),
            ([("page_marker", "6b8a6a2c-1f1e-4d0a-9a3a-0c1b2d3e4f50")], "Invalid page_marker"),
            ([("filters", (0..<300).map { "mac_aging_time==\($0)" }.joined(separator: ","))], "more than 256 values"),
            ([("filters", "display_name==\"\(String(repeating: "x", count: 70_000))\"")], "longer than 65536 bytes"),
        ] as [([(name: String, value: String)], String)])
    func `What cannot be honoured is refused`(items: [(name: String, value: String)], words: String) throws {
        let client = try ConfigClient()
        let answer: ConfigClient.Answer
        do {
            answer = client.ask(.list(type: "virtual-network", try ConfigListQuery(items: items)))
        } catch {
            answer = .init(status: error.status, text: error.message)
        }
        #expect(answer.status == 400 && answer.text.contains(words), "\(answer.text.prefix(200))")
    }

    @Test func `A bulk list honours or refuses what it is asked`() throws {
        var client = try ConfigClient()
        let id = try client.network("n")
        func bulk(_ more: JSONObject) -> ConfigClient.Answer {
            var body: JSONObject = ["type": "virtual-network"]
            for member in more { body[member.name] = member.value }
            return client.ask(.bulkList(body: .object(body)))
        }
        func count(_ answer: ConfigClient.Answer) -> Int? { answer.json["virtual-networks"]?.arrayValue?.count }
        #expect(count(bulk(["parent_fq_name_str": "no:body"])) == 0)
        #expect(count(bulk(["fq_names": ["default-domain:default-project:n"]])) == 1)
        #expect(count(bulk(["obj_uuids": .array(Array(repeating: .string(id), count: 1_000))])) == 1)
        #expect(count(bulk(["obj_uuids": .string(id), "fields": .null])) == 1)
        for wrong in [["obj_uuids": nil], ["parent_id": .number(5.5)], ["back_ref_id": ["a": "b"]]] as [JSONObject] {
            #expect(bulk(wrong).status == 400)
        }
        #expect(bulk(["object_uuids": .string(id)]).text == "Unknown query parameter object_uuids")
    }

    @Test func `Values of one key or of many are answered once each, up to a limit`() throws {
        var client = try ConfigClient()
        func store(_ key: String, _ value: JSONValue) throws {
            let body: JSONValue = ["operation": "STORE", "key": .string(key), "value": value]
            #expect(try client.perform(.changeUserAgentValue(body: body)).status == 200)
        }
        func ask(_ key: JSONValue) -> ConfigClient.Answer {
            client.ask(.userAgentValue(body: ["operation": "RETRIEVE", "key": key]))
        }
        for number in 0..<20 { try store("k\(number)", .string(String(repeating: "x", count: 1_000_000))) }
        try store("small", ["a": 1])
        #expect(ask("small").json == ["value": ["a": 1]])
        #expect(ask(.array(Array(repeating: "small", count: 400) + ["nope"])).json == ["value": [["a": 1]]])
        #expect(ask(.array(Array(repeating: "k1", count: 400))).text.utf8.count < 1_000_100)
        let keys = (0..<20).map { JSONValue.string("k\($0)") }
        #expect(ask(.array(keys)).status == 413 && ask(nil).status == 413)
        #expect(ask(.array(Array(keys.prefix(10)))).json["value"]?.arrayValue?.count == 10)
    }

    @Test func `Addresses are counted once, however often a subnet is named`() throws {
        var client = try ConfigClient()
        let network = try client.network(
            "n", [ConfigClient.subnet("10.0.0.0", 16), ConfigClient.subnet("10.2.0.0", 24)])
        let ids =
            (client.read("virtual-network", network)["network_ipam_refs"]?.arrayValue?.first?["attr"]?[
                "ipam_subnets"]?.arrayValue ?? []).compactMap { $0["subnet_uuid"] }
        #expect(
            try client.perform(
                .allocateAddresses(network: network, body: ["count": 200, "subnet": try #require(ids.first)])
            ).status == 200)
        let list = Array(repeating: try #require(ids.first), count: 10_000) + ids + ["nonsense"]
        let answer = client.ask(.subnetAddressCount(network: network, body: ["subnet_list": .array(list)]))
        let counts = answer.json["ip_count_list"]?.arrayValue?.compactMap(\.integerValue) ?? []
        let reserved = counts.dropLast().last ?? 0
        #expect(reserved > 0 && counts.first == 200 + reserved)
        #expect(Array(counts.suffix(3)) == [200 + reserved, reserved, 0] && counts.count == 10_003)
    }
}
