import JSON

/// `GET /`: every URL of the config API. Contrail's clients take all of theirs from here (vnc-api.md, 1.1).
package enum DiscoveryDocument {
    /// An action with its path and method, under the name that clients look for.
    package struct Action: Sendable {
        /// The name in the document.
        package let name: String
        package let path: String
        package let method: String
        /// Whether Skein does it; the others are answered with 501 and the reason.
        package let isOffered: Bool

        init(_ name: String, _ path: String, _ method: String, isOffered: Bool = true) {
            self.name = name
            self.path = path
            self.method = method
            self.isOffered = isOffered
        }
    }

    /// All actions of Contrail R2005. The `%s` of the networks' paths stands for the id.
    package static let actions: [Action] = [
        Action("prop-collection-get", "/prop-collection-get", "GET"),
        Action("prop-collection-update", "/prop-collection-update", "POST"),
        Action("ref-update", "/ref-update", "POST"),
        Action("ref-relax-for-delete", "/ref-relax-for-delete", "POST"),
        Action("name-to-id", "/fqname-to-id", "POST"),
        Action("id-to-name", "/id-to-fqname", "POST"),
        Action("useragent-keyvalue", "/useragent-kv", "POST"),
        Action("database-check", "/db-check", "POST", isOffered: false),
        Action("fetch-records", "/fetch-records", "POST", isOffered: false),
        Action("start-profile", "/start-profile", "POST", isOffered: false),
        Action("stop-profile", "/stop-profile", "POST", isOffered: false),
        Action("list-bulk-collection", "/list-bulk-collection", "POST"),
        Action("obj-perms", "/obj-perms", "GET"),
        Action("chown", "/chown", "POST"),
        Action("chmod", "/chmod", "POST"),
        Action("aaa-mode", "/aaa-mode", "PUT"),
        Action("obj-cache", "/obj-cache", "GET", isOffered: false),
        Action("obj-cache", "/obj-cache", "POST", isOffered: false),
        Action("execute-job", "/execute-job", "POST", isOffered: false),
        Action("abort-job", "/abort-job", "POST", isOffered: false),
        Action("amqp-publish", "/amqp-publish", "POST", isOffered: false),
        Action("amqp-request", "/amqp-request", "POST", isOffered: false),
        Action("hbs-get", "/hbs-get", "POST", isOffered: false),
        Action("virtual-network-ip-alloc", "/virtual-network/%s/ip-alloc", "POST"),
        Action("virtual-network-ip-free", "/virtual-network/%s/ip-free", "POST"),
        Action("virtual-network-subnet-ip-count", "/virtual-network/%s/subnet-ip-count", "POST"),
        Action("set-tag", "/set-tag", "POST"),
        Action("security-policy-draft", "/security-policy-draft", "POST", isOffered: false),
    ]

    /// The document.
    ///
    /// - Parameter origin: `http://host:port` as the client addressed the server.
    package static func answer(schema: Schema, origin: String) -> APIAnswer {
        var links: [JSONValue] = []
        func add(_ rel: String, _ path: String, _ name: String, method: String? = nil) {
            links.append([
                "link": [
                    "href": .string(origin + path), "name": .string(name), "rel": .string(rel),
                    "method": method.map { .string($0) } ?? .null,
                ]
            ])
        }
        add("documentation", "/documentation/index.html", "documentation", method: "GET")
        add("root", "/config-root", "config-root")
        for type in schema.types.keys.sorted() {
            add("collection", "/\(type)s", type)
            add("resource-base", "/\(type)", type)
        }
        for action in actions { add("action", action.path, action.name, method: action.method) }
        return .json(["href": .string(origin), "links": .array(links)])
    }
}
