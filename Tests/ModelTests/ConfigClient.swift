import Addressing
import JSON
import Model
import Testing

/// The config API's rules as a client sees them, without a network: requests in, status and JSON or text out.
struct ConfigClient {
    static let origin = "http://controller:8082"
    var fixture: Fixture
    var caller = EditContext.Caller.system

    init() throws { fixture = try .bootstrapped() }

    struct Answer {
        let status: Int
        let text: String
        var json: JSONValue { (try? JSONValue(parsing: text)) ?? .null }
    }

    mutating func perform(_ write: ConfigWrite) throws -> Answer {
        var edit = fixture.edit(caller: caller)
        do {
            let answer = try write.decide(on: &edit, origin: Self.origin)
            guard try fixture.commit(edit) else { throw ConfigFault(503, "the store refused the edit") }
            return Answer(status: answer.status, text: String(decoding: answer.body, as: UTF8.self))
        } catch let fault as ConfigFault {
            return Answer(status: fault.status, text: fault.message)
        } catch let error as ModelError {
            return Answer(status: ConfigFault(error).status, text: error.message)
        }
    }

    func ask(_ read: ConfigRead) -> Answer {
        do {
            let answer = try read.answer(from: fixture.snapshot, caller: caller, origin: Self.origin)
            return Answer(status: answer.status, text: String(decoding: answer.body, as: UTF8.self))
        } catch {
            return Answer(status: error.status, text: error.message)
        }
    }

    @discardableResult
    mutating func create(_ type: String, _ members: JSONObject) throws -> Answer {
        try perform(.create(type: type, body: [type: .object(members)]))
    }

    /// Creates an object that must be accepted.
    ///
    /// - Returns: its id.
    mutating func made(
        _ type: String, _ members: JSONObject, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> String {
        let answer = try create(type, members)
        try #require(answer.status == 200, "\(answer.text)", sourceLocation: sourceLocation)
        return try #require(answer.json[type]?["uuid"]?.stringValue, sourceLocation: sourceLocation)
    }

    mutating func update(_ type: String, _ id: String, _ members: JSONObject) throws -> Answer {
        try perform(.update(type: type, id: id, body: [type: .object(members)]))
    }

    mutating func delete(_ type: String, _ id: String) throws -> Answer { try perform(.delete(type: type, id: id)) }

    func read(_ type: String, _ id: String, query: [(name: String, value: String)] = []) -> JSONValue {
        ask(.object(type: type, id: id, query: query, ifNoneMatch: nil)).json[type] ?? .null
    }

    func list(_ type: String, _ query: [(name: String, value: String)] = []) throws -> JSONValue {
        ask(.list(type: type, try ConfigListQuery(items: query))).json
    }

    /// The names in a list, last part only.
    func names(_ type: String, _ query: [(name: String, value: String)] = []) throws -> [String] {
        (try list(type, query)["\(type)s"]?.arrayValue ?? [])
            .compactMap { ($0["fq_name"] ?? $0[type]?["fq_name"])?.arrayValue?.last?.stringValue }
    }

    /// A network of the default project with subnets of the default ipam.
    mutating func network(_ name: String, _ subnets: [JSONValue] = [], _ more: JSONObject = [:]) throws -> String {
        var members: JSONObject = ["fq_name": Self.inProject(name)]
        if !subnets.isEmpty { members["network_ipam_refs"] = Self.subnets(subnets) }
        for member in more { members[member.name] = member.value }
        return try made("virtual-network", members)
    }

    static func inProject(_ name: String) -> JSONValue { ["default-domain", "default-project", .string(name)] }

    static func subnets(_ subnets: [JSONValue]) -> JSONValue {
        [["to": inProject("default-network-ipam"), "attr": ["ipam_subnets": .array(subnets)]]]
    }

    static func subnet(_ prefix: String, _ length: Int, _ more: JSONObject = [:]) -> JSONValue {
        var members: JSONObject = ["subnet": ["ip_prefix": .string(prefix), "ip_prefix_len": .integer(length)]]
        for member in more { members[member.name] = member.value }
        return .object(members)
    }
}
