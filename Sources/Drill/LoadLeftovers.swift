import JSON

/// What the load of a drill that was killed has left in the installation.
struct LoadLeftovers: Sendable {
    let client: HTTPLoadClient
    /// The Neutron API.
    let url: String
    let token: String

    /// Begins the description of a load's networks; the limit on ports that was lifted stands behind it.
    static let mark = "skein drill, port quota "

    /// The description of a load's networks.
    static func description(quota: Int?) -> String { mark + (quota.map { "\($0)" } ?? "unlimited") }

    /// The limit that a description says was lifted; nil when none was, or when it is no load's.
    static func quota(_ description: String) -> Int? {
        description.hasPrefix(mark) ? Int(description.dropFirst(mark.count)) : nil
    }

    /// Removes it, and sets the limit on ports again.
    ///
    /// - Returns: how many networks there were.
    /// - Throws: ``DrillError`` when something cannot be removed.
    func remove() async throws -> Int {
        let all = try await get("networks?fields=id&fields=name&fields=description")["networks"]?.arrayValue ?? []
        // The registers' descriptions are what the load wrote; they are known by the name that they share.
        let prefixes = all.compactMap { network -> String? in
            guard let text = network["description"]?.stringValue, text.hasPrefix(Self.mark),
                let name = network["name"]?.stringValue, name.hasPrefix("drill-"), name.hasSuffix("-ports")
            else { return nil }
            return name.dropLast(5) + "register-"
        }
        // The registers first: the network that names them is the last to go.
        let registers = all.filter { network in
            prefixes.contains { network["name"]?.stringValue?.hasPrefix($0) ?? false }
        }
        let networks = registers + all.filter { $0["description"]?.stringValue?.hasPrefix(Self.mark) ?? false }
        for network in networks {
            guard let id = network["id"]?.stringValue else { continue }
            for port in try await get("ports?network_id=\(id)&fields=id")["ports"]?.arrayValue ?? [] {
                if let port = port["id"]?.stringValue { try await delete("ports/\(port)") }
            }
            if let quota = network["description"]?.stringValue.flatMap(Self.quota) {
                try await LoadQuota(client: client, url: url, token: token).restore(quota)
            }
            try await delete("networks/\(id)")
        }
        return networks.count
    }

    private func get(_ path: String) async throws -> JSONValue {
        try await client.persistently("GET", "\(url)/v2.0/\(path)", token: token, expecting: [200]).json
    }

    private func delete(_ path: String) async throws {
        _ = try await client.persistently("DELETE", "\(url)/v2.0/\(path)", token: token, expecting: [204, 404])
    }
}
