import JSON

/// The limit on ports of the project that the load's token is for: lifted while the load runs, since a refused port is
/// no failure of the installation.
struct LoadQuota: Sendable {
    let client: HTTPLoadClient
    /// The Neutron API.
    let url: String
    let token: String

    /// Lifts the limit.
    ///
    /// - Returns: what it was; nil when there was none.
    /// - Throws: ``DrillError`` when it cannot be read or set.
    func lift() async throws -> Int? {
        let project = try await project()
        guard let limit = try await get("quotas/\(project)")["quota"]?["port"]?.integerValue else {
            throw DrillError("the limit on ports of project \(project) cannot be read")
        }
        guard limit >= 0 else { return nil }
        try await put(project, limit: -1)
        return limit
    }

    /// Sets the limit again.
    func restore(_ limit: Int) async throws {
        try await put(try await project(), limit: limit)
    }

    private func project() async throws -> String {
        guard let project = try await get("quotas/tenant")["tenant"]?["tenant_id"]?.stringValue else {
            throw DrillError("the API does not say which project the load's token is for")
        }
        return project
    }

    private func get(_ path: String) async throws -> JSONValue {
        try await client.persistently("GET", "\(url)/v2.0/\(path)", token: token, expecting: [200]).json
    }

    private func put(_ project: String, limit: Int) async throws {
        _ = try await client.persistently(
            "PUT", "\(url)/v2.0/quotas/\(project)", token: token, body: ["quota": ["port": .integer(limit)]],
            expecting: [200])
    }
}
