import JSON

extension ControllerConfiguration {
    /// The configuration as the file's JSON; ``init(json:)`` reads it back to an equal value.
    package var json: JSONValue {
        var object: JSONObject = [
            "node_name": .string(nodeName),
            "roles": .array(roles.map { .string($0) }),
            "bind_address": .string(bindAddress),
            "store_endpoints": .array(storeEndpoints.map { .string($0) }),
            "authority_file": .string(authorityFile),
            "certificate_file": .string(certificateFile),
            "private_key_file": .string(privateKeyFile),
            "broker_endpoints": .array(brokerEndpoints.map { .string($0) }),
            "broker_user": .string(brokerUser),
            "broker_password": .string(brokerPassword),
            "keystone": keystone.map(\.json) ?? .null,
            "controllers": .array(controllers.map(\.json)),
            "internal_vip": internalVIP.map { .string($0) } ?? .null,
            "external_vip": externalVIP.map { .string($0) } ?? .null,
            "session_key": .string(sessionKey),
            "region": .string(region),
        ]
        // What is usual is not written.
        if let largestPage { object["pagination_max_limit"] = .integer(largestPage) }
        object["notice_backlog"] = noticeBacklog.map {
            ["entries": .integer($0.entries), "bytes": .integer($0.bytes)]
        }
        return .object(object)
    }

    /// Reads the file's JSON. Every member must be known and of the right type, but for those of a newer ``FileFormat``.
    ///
    /// - Throws: ``ConfigurationError`` with everything that is wrong.
    package init(json: JSONValue) throws(ConfigurationError) {
        var object = StrictObject(file: json)
        self.init(
            nodeName: object.string("node_name"), roles: object.strings("roles"),
            bindAddress: object.string("bind_address"), storeEndpoints: object.strings("store_endpoints"),
            authorityFile: object.string("authority_file"), certificateFile: object.string("certificate_file"),
            privateKeyFile: object.string("private_key_file"), brokerEndpoints: object.strings("broker_endpoints"),
            brokerUser: object.string("broker_user"), brokerPassword: object.string("broker_password"),
            keystone: object.optionalObject("keystone") { Keystone(&$0) },
            controllers: object.objects("controllers") {
                Peer(
                    name: $0.string("name"), address: $0.string("address"),
                    collects: $0.optionalBool("collects") ?? true)
            },
            internalVIP: object.optionalString("internal_vip"), externalVIP: object.optionalString("external_vip"),
            sessionKey: object.string("session_key"), region: object.string("region"),
            largestPage: object.optionalInteger("pagination_max_limit", in: 1...1_000_000),
            noticeBacklog: object.optionalObject("notice_backlog") {
                NoticeBacklog(
                    entries: $0.integer("entries", in: NoticeBacklog.possibleEntries),
                    bytes: $0.integer("bytes", in: NoticeBacklog.possibleBytes))
            })
        try object.finish()
    }

    /// Reads the content of a configuration file.
    ///
    /// - Throws: ``ConfigurationError``, for text that is not JSON as well.
    package init(parsing bytes: some Sequence<UInt8>) throws(ConfigurationError) {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: bytes)
        } catch {
            throw ConfigurationError(problems: [error.description])
        }
        try self.init(json: value)
    }
}

extension ControllerConfiguration.Peer {
    /// Collecting is what most do, and is not written.
    fileprivate var json: JSONValue {
        var object: JSONObject = ["name": .string(name), "address": .string(address)]
        if !collects { object["collects"] = false }
        return .object(object)
    }
}

extension ControllerConfiguration.Keystone {
    fileprivate var json: JSONValue {
        [
            "url": .string(url),
            "user": .string(user),
            "password": .string(password),
            "project": .string(project),
            "user_domain": .string(userDomain),
            "project_domain": .string(projectDomain),
            "insecure": .bool(insecure),
            "authority_file": authorityFile.map { .string($0) } ?? .null,
        ]
    }

    fileprivate init(_ object: inout StrictObject) {
        self.init(
            url: object.string("url"), user: object.string("user"), password: object.string("password"),
            project: object.string("project"), userDomain: object.string("user_domain"),
            projectDomain: object.string("project_domain"), insecure: object.bool("insecure"),
            authorityFile: object.optionalString("authority_file"))
    }
}
