import Addressing
import HashTreeCollections
import JSON

/// What can be read from the config API without changing anything. Decided on a snapshot, answered as JSON text.
package enum ConfigRead: Sendable {
    /// `GET /<type>/<id>` with its query and the entity tag that the client has.
    case object(type: String, id: String, query: [(name: String, value: String)], ifNoneMatch: String?)
    /// `GET /<type>s`
    case list(type: String, ConfigListQuery)
    /// `POST /list-bulk-collection`
    case bulkList(body: JSONValue)
    /// `POST /fqname-to-id`
    case idOfName(body: JSONValue)
    /// `POST /id-to-fqname`
    case nameOfID(body: JSONValue)
    /// `GET /prop-collection-get`
    case propertyCollection(query: [(name: String, value: String)])
    /// `POST /useragent-kv` with RETRIEVE
    case userAgentValue(body: JSONValue)
    /// `POST /virtual-network/<id>/subnet-ip-count`
    case subnetAddressCount(network: String, body: JSONValue)
    /// `GET /obj-perms`
    case permissions(query: [(name: String, value: String)])

    /// The answer.
    ///
    /// - Parameters:
    ///   - origin: `http://host:port` as the client addressed the server, for links.
    ///   - largestPage: the most objects that a page holds, whatever the client asks for.
    /// - Throws: ``ConfigFault``
    package func answer(
        from snapshot: Snapshot, caller: EditContext.Caller, origin: String, largestPage: Int = LargestPage.standard
    ) throws(ConfigFault) -> APIAnswer {
        func list(_ type: ObjectSchema, _ query: ConfigListQuery) throws(ConfigFault) -> APIAnswer {
            try ConfigList(snapshot: snapshot, type: type, query: query, origin: origin, largestPage: largestPage)
                .answer()
        }
        switch self {
        case .object(let type, let id, let query, let tag):
            return try Self.read(snapshot, type: type, id: id, query: query, ifNoneMatch: tag, origin: origin)
        case .list(let name, let query):
            guard let type = snapshot.schema.types[name] else { throw Self.unknownType(name) }
            return try list(type, query)
        case .bulkList(let body):
            guard let members = body.objectValue, let name = body["type"]?.stringValue else {
                throw ConfigFault(400, "Bad Request, no type in POST body")
            }
            guard let type = snapshot.schema.type(named: name) else { throw Self.unknownType(name) }
            return try list(type, try ConfigListQuery(body: members))
        case .idOfName(let body): return try Self.idOfName(snapshot, body)
        case .nameOfID(let body): return try Self.nameOfID(snapshot, body)
        case .propertyCollection(let query): return try Self.propertyCollection(snapshot, query)
        case .userAgentValue(let body): return try UserAgentValues.retrieve(body, from: snapshot)
        case .subnetAddressCount(let network, let body): return try Self.subnetAddressCount(snapshot, network, body)
        case .permissions(let query): return try Self.permissions(snapshot, query, caller)
        }
    }

    static func unknownType(_ name: String) -> ConfigFault { ConfigFault(404, "Resource type '\(name)' not found") }

    private static func read(
        _ snapshot: Snapshot, type name: String, id text: String, query: [(name: String, value: String)],
        ifNoneMatch: String?, origin: String
    ) throws(ConfigFault) -> APIAnswer {
        guard let type = snapshot.schema.types[name] else { throw unknownType(name) }
        let object = try find(text, type: name, in: snapshot)
        let tag = object.lastModified
        if let known = ifNoneMatch, known.filter({ $0 != "\"" }) == tag {
            return APIAnswer(status: 304, contentType: ConfigFault.textType)
        }
        let names = query.filter { $0.name == "fields" }.flatMap { $0.value.split(separator: ",").map(String.init) }
        func excludes(_ flag: String) -> Bool { query.contains { $0.name == flag } }
        let shown = ConfigObjectWriter(
            snapshot: snapshot, type: type, origin: excludes("exclude_hrefs") ? nil : origin, linksReferences: true,
            fields: names.isEmpty ? nil : Set(names), includesChildren: !excludes("exclude_children"),
            includesBackReferences: !excludes("exclude_back_refs"))
        return APIAnswer(
            pieces: ConfigObjectPieces(object: object, shown: shown), headers: ["Etag": "\"\(tag)\""])
    }

    /// The object of a type by the text of its id.
    ///
    /// - Throws: 404 with Contrail's words.
    static func find(_ text: String, type: String, in snapshot: Snapshot) throws(ConfigFault) -> ConfigObject {
        guard text.utf8.count == 36, let id = ObjectID(text), let object = snapshot.objects[id] else {
            throw ConfigFault(404, "Unknown id: \(text)")
        }
        guard object.type == type else { throw ConfigFault(404, "No \(type) object found for id \(text)") }
        return object
    }

    private static func idOfName(_ snapshot: Snapshot, _ body: JSONValue) throws(ConfigFault) -> APIAnswer {
        guard let name = body["type"]?.stringValue else {
            throw ConfigFault(400, "Bad Request, no type in POST body")
        }
        guard let parts = body["fq_name"]?.arrayValue else {
            throw ConfigFault(400, "Bad Request, no fq_name in POST body")
        }
        guard let type = snapshot.schema.type(named: name) else { throw unknownType(name) }
        let fqName = parts.compactMap(\.stringValue)
        guard fqName.count == parts.count, let object = snapshot.object(type: type.name, fqName: fqName) else {
            throw ConfigFault(404, "Name \(JSONValue.array(parts).pythonText) not found")
        }
        return .json(["uuid": .string(object.id.description)])
    }

    private static func nameOfID(_ snapshot: Snapshot, _ body: JSONValue) throws(ConfigFault) -> APIAnswer {
        guard let text = body["uuid"]?.stringValue else {
            throw ConfigFault(400, "Bad Request, no uuid in POST body")
        }
        guard let object = ObjectID(text).flatMap({ snapshot.objects[$0] }) else {
            throw ConfigFault(404, "UUID \(text) not found")
        }
        return .json([
            "fq_name": .array(object.fqName.map { .string($0) }), "type": .string(object.type),
        ])
    }

    private static func subnetAddressCount(
        _ snapshot: Snapshot, _ network: String, _ body: JSONValue
    ) throws(ConfigFault) -> APIAnswer {
        guard let object = ObjectID(network).flatMap({ snapshot.object($0, type: "virtual-network") }) else {
            throw ConfigFault(404, "Virtual Network \(network) not found!")
        }
        let subnets = Dictionary(object.subnets.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let entries = body["subnet_list"]?.arrayValue ?? []
        // Counted once for all: a body may name a subnet any number of times, and a network has many addresses.
        let used = entries.isEmpty ? [] : snapshot.allocatedAddresses(network: object.id).keys.sorted()
        var counts: [ObjectID: Int] = [:]
        for entry in entries {
            guard let subnet = entry.stringValue.flatMap({ ObjectID($0) }).flatMap({ subnets[$0] }) else { continue }
            guard counts[subnet.id] == nil else { continue }
            let inside = place(in: used) { $0 > subnet.cidr.last } - place(in: used) { $0 >= subnet.cidr.first }
            let kept = subnet.reserved.count {
                !subnet.cidr.contains($0) || snapshot.holder(of: $0, network: object.id) == nil
            }
            counts[subnet.id] = inside + kept
        }
        let list = entries.map { entry in
            JSONValue.integer(entry.stringValue.flatMap { ObjectID($0) }.flatMap { counts[$0] } ?? 0)
        }
        return .json(["ip_count_list": .array(list)])
    }

    /// The place of the first of some sorted addresses for which a condition holds that holds for all after it.
    private static func place(in addresses: [IPAddress], where holds: (IPAddress) -> Bool) -> Int {
        var (low, high) = (0, addresses.count)
        while low < high {
            let middle = (low + high) / 2
            if holds(addresses[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private static func permissions(
        _ snapshot: Snapshot, _ query: [(name: String, value: String)], _ caller: EditContext.Caller
    ) throws(ConfigFault) -> APIAnswer {
        var answer: JSONObject = [
            "token_info": [
                "token": [
                    "user": ["id": .string(caller.userID), "name": .string(caller.userName)],
                    "project": [
                        "id": .string(caller.projectID), "name": .string(caller.projectName),
                        "domain": ["id": .string(caller.domainID), "name": .string(caller.domainName)],
                    ],
                    "roles": .array(caller.roles.map { ["name": .string($0)] }),
                ]
            ],
            "is_cloud_admin_role": .bool(caller.isAdmin), "is_global_read_only_role": false,
        ]
        if let text = query.first(where: { $0.name == "uuid" })?.value {
            guard let object = ObjectID(text).flatMap({ snapshot.objects[$0] }) else {
                throw ConfigFault(404, "Unknown id: \(text)")
            }
            answer["permissions"] = .string(ObjectPermissions(of: object).text(for: caller))
        }
        return .json(.object(answer))
    }
}
