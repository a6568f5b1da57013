import JSON

/// Finds the v3 URL of a Keystone from what a testbed file says about it.
package struct KeystoneLocator: Sendable {
    /// Where Keystone is, and what the operator should know about how it was found.
    package struct Location: Hashable, Sendable {
        /// The v3 URL, such as `http://192.0.2.5:5000/v3`.
        package var url: String
        /// Each a sentence for the operator.
        package var warnings: [String]

        package init(url: String, warnings: [String] = []) {
            self.url = url
            self.warnings = warnings
        }
    }

    /// `http` or `https`.
    package var authProtocol: String
    /// An address or a name; IPv6 without brackets.
    package var address: String
    /// The port that the file names.
    package var port: Int
    package var tls: KeystoneTLS
    package var deadlines: KeystoneDeadlines

    /// The port that today's Keystone has.
    private static let publicPort = 5000
    /// The port that old files name: the admin API, gone with Identity v2.
    private static let retiredPort = 35357

    package init(
        authProtocol: String, address: String, port: Int, tls: KeystoneTLS = KeystoneTLS(),
        deadlines: KeystoneDeadlines = KeystoneDeadlines()
    ) {
        self.authProtocol = authProtocol
        self.address = address
        self.port = port
        self.tls = tls
        self.deadlines = deadlines
    }

    /// Tries `/v3` on the named port, then what `/` there points at; for port 35357 the same on 5000.
    ///
    /// - Throws: ``KeystoneError`` `unavailable` with what each attempt met; `misconfigured`.
    package func locate() async throws(KeystoneError) -> Location {
        try await locate(fallbackPort: port == Self.retiredPort ? Self.publicPort : nil)
    }

    func locate(fallbackPort: Int?) async throws(KeystoneError) -> Location {
        var failures: [String] = []
        for candidate in [port] + (fallbackPort.map { [$0] } ?? []) {
            do throws(KeystoneError) {
                var location = try await locate(on: candidate)
                if candidate != port {
                    location.warnings.insert(
                        "Keystone does not answer on port \(port), which today's Keystone no longer has; port "
                            + "\(candidate) is used. Write 'auth_port': '\(candidate)' in env.keystone.", at: 0)
                }
                if tls.insecure, authProtocol == "https" {
                    location.warnings.append(
                        "Keystone's certificate is not verified ('insecure'): whoever answers at \(address) gets the "
                            + "passwords. Name its authority with 'cafile' instead.")
                }
                return location
            } catch  where error.code == .unavailable {
                failures.append(error.message)
            }
        }
        throw KeystoneError(.unavailable, "no Keystone v3 found: " + failures.joined(separator: "; "))
    }

    private func locate(on port: Int) async throws(KeystoneError) -> Location {
        let host = address.contains(":") ? "[\(address)]" : address
        return try await Self.locate(
            KeystoneConnection(url: "\(authProtocol)://\(host):\(port)", tls: tls, deadlines: deadlines))
    }

    /// Tries `/v3` below the connection's URL, then what that URL itself points at.
    static func locate(_ connection: KeystoneConnection) async throws(KeystoneError) -> Location {
        let base = connection.url
        if try await isVersion3(connection, path: "/v3") { return Location(url: base + "/v3") }

        let answer = try await connection.exchange(.init(path: "/"), below: base)
        let versions = versions(in: answer.body)
        guard !versions.isEmpty else {
            throw KeystoneError(.unavailable, "\(base) answers \(answer.status), but not as a Keystone")
        }
        guard let link = versions.first(where: { $0.id.hasPrefix("v3") })?.link else {
            let offered = versions.map(\.id).joined(separator: ", ")
            throw KeystoneError(.unavailable, "the Keystone at \(base) offers \(offered), and Skein needs v3")
        }
        // Behind a proxy the link's host and scheme are often wrong; those that answered are right.
        if let path = path(of: link) {
            let sameServer = try KeystoneConnection(url: server(of: base) + path, like: connection)
            if try await isVersion3(sameServer, path: "") { return Location(url: sameServer.url) }
        }
        let elsewhere = try KeystoneConnection(url: link, like: connection)
        guard try await isVersion3(elsewhere, path: "") else {
            throw KeystoneError(.unavailable, "\(base) points at \(link), and no Keystone v3 answers there")
        }
        return Location(
            url: elsewhere.url, warnings: ["Keystone at \(base) points at \(elsewhere.url), which is used instead."])
    }

    private static func isVersion3(
        _ connection: KeystoneConnection, path: String
    ) async throws(KeystoneError) -> Bool {
        let answer = try await connection.exchange(.init(path: path), below: connection.url)
        guard answer.status == 200, let id = answer.body?["version"]?["id"]?.stringValue else { return false }
        return id.hasPrefix("v3")
    }

    private static func versions(in body: JSONValue?) -> [(id: String, link: String?)] {
        let values = body?["versions"]?["values"]?.arrayValue ?? body?["versions"]?.arrayValue ?? []
        return values.compactMap { version in
            guard let id = version["id"]?.stringValue else { return nil }
            let links = version["links"]?.arrayValue ?? []
            return (id, links.first { $0["rel"]?.stringValue == "self" }?["href"]?.stringValue)
        }
    }

    /// Scheme, host and port of an http URL.
    private static func server(of url: String) -> String {
        url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).prefix(3).joined(separator: "/")
    }

    /// The path of an http URL, without the slashes at its end.
    private static func path(of link: String) -> String? {
        let parts = link.split(separator: "/", omittingEmptySubsequences: true)
        guard parts.count >= 3 else { return nil }
        return "/" + parts.dropFirst(2).joined(separator: "/")
    }
}
