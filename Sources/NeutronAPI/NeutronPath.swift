import HTTPService
import JSON
import Model
import NeutronModel

/// A request with its path understood.
struct NeutronPath {
    /// What a path names.
    enum Target {
        case versions
        case resources
        case extensions
        case extensionAlias(String)
        case collection(NeutronCollection)
        case item(NeutronCollection, String)
        case quotas
        case quota(String)
        case quotaDefaults(String)
        case quotaDetails(String)
        /// `quotas/tenant` or `quotas/project`: the caller's own project.
        case quotaOwner(String)
    }

    let request: APIRequest
    let target: Target

    /// - Throws: 404 for a path that Neutron does not have, or that belongs to an extension that is not announced.
    init(_ request: APIRequest) throws(NeutronError) {
        self.request = request
        var parts = request.segments
        while parts.last?.isEmpty ?? false { parts.removeLast() }
        if let last = parts.last, last.hasSuffix(".json") { parts[parts.count - 1] = String(last.dropLast(5)) }
        guard let first = parts.first else {
            target = .versions
            return
        }
        guard first == "v2.0" else { throw .pathNotFound }
        target = try Self.target(Array(parts.dropFirst()))
    }

    private static func target(_ parts: [String]) throws(NeutronError) -> Target {
        guard let first = parts.first else { return .resources }
        let count = parts.count
        switch first {
        case "extensions":
            if count == 1 { return .extensions }
            if count == 2 { return .extensionAlias(parts[1]) }
        case "quotas":
            if count == 1 { return .quotas }
            if count == 2 {
                return parts[1] == "tenant" || parts[1] == "project" ? .quotaOwner(parts[1]) : .quota(parts[1])
            }
            if count == 3, parts[2] == "default" { return .quotaDefaults(parts[1]) }
            if count == 3, parts[2] == "details" { return .quotaDetails(parts[1]) }
        default:
            guard let collection = NeutronCollection(path: first) else { break }
            if count == 1 { return .collection(collection) }
            if count == 2 { return .item(collection, parts[1]) }
        }
        throw .pathNotFound
    }

    /// Who asks.
    ///
    /// - Throws: ``APIFailure/unauthorized``, though the service does not let such a request through.
    func caller() throws -> EditContext.Caller {
        guard let caller = request.caller else { throw APIFailure.unauthorized }
        return caller
    }

    func query() throws(NeutronError) -> NeutronQuery {
        try NeutronQuery(request.query.items.map { (name: $0.name, value: $0.value) })
    }

    /// The body as an object.
    ///
    /// - Throws: 400
    func json() throws(NeutronError) -> JSONValue {
        do {
            let json = try JSONValue(parsing: request.body, maximumDepth: JSONDepth.request)
            if json.objectValue != nil { return json }
        } catch  where error.isTooDeep {
            throw .badRequest("Body contains invalid data: \(error)")
        } catch {
            // Neutron has one answer to everything that is no object.
        }
        throw .badRequest("Body contains invalid data")
    }

    /// The body of a create or an update.
    ///
    /// - Throws: 400
    func body(for collection: NeutronCollection) throws(NeutronError) -> JSONValue {
        guard !request.body.isEmpty else {
            throw .badRequest("Unable to find '\(collection.resource)' in request body")
        }
        return try json()
    }

    func refuseBody() throws(NeutronError) {
        guard request.body.isEmpty else { throw .badRequest("Request body is not supported in DELETE.") }
    }

    /// The revision number of an `If-Match: revision_number=7`.
    ///
    /// - Throws: 400 when there are two, or it is no number.
    func revision() throws(NeutronError) -> Int? {
        guard let header = request.header("If-Match") else { return nil }
        let prefix = "revision_number="
        let tags = header.split(separator: ",").map { tag in
            tag.filter { $0 != "\"" && !$0.isWhitespace }
        }.filter { $0.hasPrefix(prefix) }
        guard tags.count <= 1 else {
            throw NeutronError(
                status: 400, type: "BadRequest",
                message: "Bad if-match request: Multiple revision_number etags are not supported..")
        }
        guard let tag = tags.first else { return nil }
        guard let number = Int(tag.dropFirst(prefix.count)) else {
            throw NeutronError(
                status: 400, type: "BadRequest",
                message:
                    "Bad if-match request: Revision number etag must be in the format of revision_number=<int>.")
        }
        return number
    }
}
