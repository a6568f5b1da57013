import Model

/// What a path and a method mean to the config API.
enum ConfigRoute: Sendable {
    case discovery
    case list(type: String)
    case create(type: String)
    case read(type: String, id: String)
    case update(type: String, id: String)
    case delete(type: String, id: String)
    case bulkList
    case idOfName
    case nameOfID
    case propertyCollectionGet
    case updatePropertyCollection
    case updateReference
    case relaxReference
    case userAgentValue
    case allocateAddresses(network: String)
    case freeAddresses(network: String)
    case countAddresses(network: String)
    case permissions
    case changeOwner
    case changeAccess
    case mode
    case setMode
    case setTags
    /// An action of the original that Skein does not do.
    case notOffered(String)

    /// Whether an empty body is refused before the operation looks at it.
    var needsBody: Bool {
        if case .update = self { false } else { true }
    }

    /// The routes of a path by method; empty for an unknown path.
    static func methods(of segments: [String], schema: Schema) -> [String: ConfigRoute] {
        switch segments.count {
        case 1: single(segments[0], schema: schema)
        case 2 where schema.types[segments[0]] != nil && !segments[1].isEmpty:
            [
                "GET": .read(type: segments[0], id: segments[1]), "PUT": .update(type: segments[0], id: segments[1]),
                "DELETE": .delete(type: segments[0], id: segments[1]),
            ]
        case 3 where segments[0] == "virtual-network": networkAction(segments[2], network: segments[1])
        default: [:]
        }
    }

    private static func single(_ name: String, schema: Schema) -> [String: ConfigRoute] {
        if name.isEmpty { return ["GET": .discovery] }
        if name.hasSuffix("s"), schema.types[String(name.dropLast())] != nil {
            let type = String(name.dropLast())
            return ["GET": .list(type: type), "POST": .create(type: type)]
        }
        if let methods = actions[name] { return methods }
        let missing = DiscoveryDocument.actions.filter { !$0.isOffered && $0.path == "/\(name)" }
        return Dictionary(missing.map { ($0.method, .notOffered(name)) }, uniquingKeysWith: { first, _ in first })
    }

    private static func networkAction(_ name: String, network: String) -> [String: ConfigRoute] {
        switch name {
        case "ip-alloc": ["POST": .allocateAddresses(network: network)]
        case "ip-free": ["POST": .freeAddresses(network: network)]
        case "subnet-ip-count": ["POST": .countAddresses(network: network)]
        default: [:]
        }
    }

    private static let actions: [String: [String: ConfigRoute]] = [
        "list-bulk-collection": ["POST": .bulkList],
        "fqname-to-id": ["POST": .idOfName],
        "id-to-fqname": ["POST": .nameOfID],
        "prop-collection-get": ["GET": .propertyCollectionGet],
        "prop-collection-update": ["POST": .updatePropertyCollection],
        "ref-update": ["POST": .updateReference],
        "ref-relax-for-delete": ["POST": .relaxReference],
        "useragent-kv": ["POST": .userAgentValue],
        "obj-perms": ["GET": .permissions],
        "chown": ["POST": .changeOwner],
        "chmod": ["POST": .changeAccess],
        "aaa-mode": ["GET": .mode, "PUT": .setMode],
        "set-tag": ["POST": .setTags],
    ]
}
