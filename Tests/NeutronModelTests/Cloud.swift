import Addressing
import JSON
import Model
import NeutronModel
import Store
import StoreContents
import Testing
import Time

/// A store, a replica of it and Neutron's view, driven as a controller does.
struct Cloud {
    private(set) var store = StoreContents()
    private(set) var snapshot: Snapshot
    private(set) var index: NeutronIndex
    private var seed: UInt64
    /// Microseconds that pass between two requests.
    var tick: Int = 1_000_000
    private var now: Int = 1_795_000_000_000_000
    /// Read once: it is large.
    private static let schema = Result { try Schema.standard() }

    init(seed: UInt64 = 1) throws {
        self.seed = seed
        snapshot = Snapshot(schema: try Self.schema.get())
        index = NeutronIndex(snapshot: snapshot)
        let context = self.context(.system)
        let edit = try #require(try Bootstrap.edit(of: snapshot, context: context))
        try commit(edit)
    }

    mutating func context(
        _ caller: EditContext.Caller, attempt: Int = 0, pendingKeys: Set<String> = [], share: AllocationShare = .whole
    ) -> EditContext {
        seed &+= 1
        now += tick
        return EditContext(
            now: Timestamp(microseconds: now), requestID: "req-\(seed)", caller: caller, seed: seed, attempt: attempt,
            pendingKeys: .init(pendingKeys), share: share)
    }

    /// The notices that wait for the broker, by key.
    var outbox: [(key: String, value: [UInt8])] {
        store.list(prefix: StoreKey.outbox("").path).entries.map { (key: $0.key, value: $0.value) }
    }

    /// An edit of the newest state that is not committed.
    mutating func edit(_ caller: EditContext.Caller) -> GraphEdit {
        GraphEdit(base: snapshot, context: context(caller))
    }

    /// Commits and follows the store.
    @discardableResult
    mutating func commit(_ edit: GraphEdit) throws -> Bool {
        let outcome = try store.commit(try edit.finish())
        for batch in store.batches(after: snapshot.revision) {
            let changes = snapshot.apply(batch)
            index.apply(changes, snapshot: snapshot)
        }
        guard case .committed = outcome else { return false }
        return true
    }

    /// Answers as the API does: refusals become their answers.
    mutating func write(
        _ caller: EditContext.Caller, _ decide: (NeutronRules, inout GraphEdit) throws(NeutronError) -> APIAnswer
    ) throws -> Reply {
        var edit = edit(caller)
        do {
            let answer = try decide(NeutronRules(index: index), &edit)
            #expect(try commit(edit), "the store refuses an edit of the newest state")
            return try Reply(answer)
        } catch let error as NeutronError {
            return try Reply(error.answer)
        }
    }

    mutating func create(
        _ collection: NeutronCollection, _ attributes: JSONValue, as caller: EditContext.Caller = .member
    ) throws -> Reply {
        try write(caller) { (rules, edit) throws(NeutronError) in
            try rules.create(collection, body: ["\(collection.resource)": attributes], edit: &edit)
        }
    }

    mutating func post(
        _ collection: NeutronCollection, _ body: JSONValue, as caller: EditContext.Caller = .member
    ) throws -> Reply {
        try write(caller) { (rules, edit) throws(NeutronError) in
            try rules.create(collection, body: body, edit: &edit)
        }
    }

    mutating func update(
        _ collection: NeutronCollection, _ id: String, _ attributes: JSONValue, revision: Int? = nil,
        as caller: EditContext.Caller = .member
    ) throws -> Reply {
        try write(caller) { (rules, edit) throws(NeutronError) in
            try rules.update(
                collection, id: id, body: ["\(collection.resource)": attributes], revision: revision, edit: &edit)
        }
    }

    mutating func delete(
        _ collection: NeutronCollection, _ id: String, as caller: EditContext.Caller = .member
    ) throws -> Reply {
        try write(caller) { (rules, edit) throws(NeutronError) in
            try rules.delete(collection, id: id, revision: nil, edit: &edit)
        }
    }

    func list(
        _ collection: NeutronCollection, _ query: String = "", as caller: EditContext.Caller = .member
    ) throws -> Reply {
        do {
            let items = query.split(separator: "&").map { pair in
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return (name: String(parts[0]), value: parts.count > 1 ? String(parts[1]) : "")
            }
            let reader = NeutronReader(index: index, caller: caller)
            return try Reply(
                try reader.list(
                    collection, query: try NeutronQuery(items), url: "http://host/v2.0/\(collection.path)"))
        } catch let error as NeutronError {
            return try Reply(error.answer)
        }
    }

    func show(
        _ collection: NeutronCollection, _ id: String, _ fields: [String] = [],
        as caller: EditContext.Caller = .member
    ) throws -> Reply {
        do {
            let reader = NeutronReader(index: index, caller: caller)
            let query = try NeutronQuery(fields.map { (name: "fields", value: $0) })
            return try Reply(try reader.show(collection, id: id, query: query))
        } catch let error as NeutronError {
            return try Reply(error.answer)
        }
    }

    /// A network with a subnet, to put ports on.
    mutating func networkWithSubnet(
        _ cidr: String = "10.0.0.0/24", as caller: EditContext.Caller = .member
    ) throws -> (network: String, subnet: String) {
        let network = try create(.networks, ["name": "net"], as: caller).made
        let subnet = try create(
            .subnets,
            ["network_id": .string(network), "ip_version": cidr.contains(":") ? 6 : 4, "cidr": .string(cidr)],
            as: caller
        ).made
        return (network, subnet)
    }
}

/// An answer, read.
struct Reply {
    let status: Int
    let body: JSONValue

    init(_ answer: APIAnswer) throws {
        status = answer.status
        body = answer.body.isEmpty ? .null : try JSONValue(parsing: answer.body)
    }

    /// The one object or list in the body.
    var content: JSONValue { body.objectValue?.members.first?.value ?? .null }
    subscript(name: String) -> JSONValue? { content[name] }
    var list: [JSONValue] { content.arrayValue ?? [] }
    /// The id of what was made; fails the test when nothing was.
    var made: String {
        #expect(status == 201, "\(body.text)")
        return content["id"]?.stringValue ?? ""
    }
    var errorType: String? { body["NeutronError"]?["type"]?.stringValue }
    var message: String? { body["NeutronError"]?["message"]?.stringValue }
    /// The names or ids of a list.
    func values(_ name: String) -> [String] { list.compactMap { $0[name]?.stringValue } }
}

extension EditContext.Caller {
    static let member = EditContext.Caller(
        userID: "u1", userName: "ada", projectID: "11111111111111111111111111111111", projectName: "demo",
        domainID: "default", domainName: "Default", roles: ["member", "reader"], isAdmin: false)
    static let other = EditContext.Caller(
        userID: "u2", userName: "bob", projectID: "22222222222222222222222222222222", projectName: "other",
        domainID: "default", domainName: "Default", roles: ["member", "reader"], isAdmin: false)
    static let admin = EditContext.Caller(
        userID: "u3", userName: "root", projectID: "33333333333333333333333333333333", projectName: "admin",
        domainID: "default", domainName: "Default", roles: ["admin"], isAdmin: true)
}
