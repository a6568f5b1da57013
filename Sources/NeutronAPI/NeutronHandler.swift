import Controller
import HTTPService
import JSON
import Model
import NeutronModel

/// OpenStack's networking API, version 2.0: turns its paths into reads of the index and writes of the configuration.
package struct NeutronHandler: APIHandler {
    private let service: ConfigService
    private let largestPage: Int

    /// - Parameter largestPage: the most objects that one answer lists.
    package init(service: ConfigService, largestPage: Int = LargestPage.standard) {
        self.service = service
        self.largestPage = largestPage
    }

    package var name: String { "neutron" }

    /// The version document, which clients read before they have a token.
    package func isOpen(method: String, path: String) -> Bool { path == "/" || path.isEmpty }

    package func respond(to request: APIRequest) async throws -> APIAnswer {
        do {
            return try await answer(try NeutronPath(request))
        } catch let error as NeutronError {
            guard error.status == 404 || error.status == 400, let unreadable = service.unreadable(request.named) else {
                return error.answer
            }
            if request.isRead { throw ServiceError(reason: unreadable.explanation) }
            return NeutronError(ModelError(.unreadable, unreadable.explanation)).answer
        } catch let error as ModelError {
            return NeutronError(error).answer
        }
    }

    package func refuse(_ request: APIRequest, for overload: Overload) async throws -> APIAnswer {
        try await service.refuse(requestID: request.requestID, for: overload, deadline: request.deadline)
    }

    package func answer(to failure: APIFailure) -> APIAnswer {
        switch failure {
        case .unauthorized:
            // The words of the middleware that answers for Neutron.
            let body: JSONValue = [
                "error": ["code": 401, "title": "Unauthorized", "message": .string(failure.message)]
            ]
            return APIAnswer(status: 401, body: body.bytes)
        case .overloaded:
            return NeutronError(status: 429, type: "TooManyRequests", message: failure.message).answer
        case .malformed:
            return NeutronError.badRequest(failure.message).answer
        case .bodyTooLate:
            return NeutronError(status: 408, type: "HTTPRequestTimeout", message: failure.message).answer
        case .unavailable:
            return NeutronError(status: 503, type: "ServiceUnavailable", message: failure.message).answer
        case .bodyTooLarge:
            return NeutronError(status: 413, type: "HTTPRequestEntityTooLarge", message: failure.message).answer
        case .internalError:
            return NeutronError(
                status: 500, type: "HTTPInternalServerError",
                message: "Request Failed: internal server error while processing your request. \(failure.message)"
            ).answer
        }
    }

    private func answer(_ path: NeutronPath) async throws -> APIAnswer {
        let request = path.request
        switch (request.method, path.target) {
        case ("GET", .versions), ("HEAD", .versions): return Discovery.versions(origin: request.origin)
        case ("GET", .resources): return Discovery.resources(origin: request.origin)
        case ("GET", .extensions): return NeutronExtension.list
        case ("GET", .extensionAlias(let alias)): return try NeutronExtension.show(alias)
        case (_, .extensions), (_, .extensionAlias): throw NeutronError.pathNotFound
        case ("GET", .collection(let collection)): return try await list(collection, path)
        case ("POST", .collection(let collection)):
            let body = try path.body(for: collection)
            return try await write(path) { rules, edit in
                try rules.create(collection, body: body, edit: &edit)
            }
        case ("GET", .item(let collection, let id)):
            let query = try path.query()
            let caller = try path.caller()
            return try NeutronReader(index: try await service.state(deadline: request.deadline).neutron, caller: caller)
                .show(collection, id: id, query: query)
        case ("PUT", .item(let collection, let id)):
            let body = try path.body(for: collection)
            let revision = try path.revision()
            return try await write(path) { rules, edit in
                try rules.update(collection, id: id, body: body, revision: revision, edit: &edit)
            }
        case ("DELETE", .item(let collection, let id)):
            let revision = try path.revision()
            try path.refuseBody()
            return try await write(path) { rules, edit in
                try rules.delete(collection, id: id, revision: revision, edit: &edit)
            }
        case (_, .quotas), (_, .quota), (_, .quotaDefaults), (_, .quotaDetails), (_, .quotaOwner):
            return try await quota(path)
        default: throw NeutronError.methodNotAllowed
        }
    }

    private func list(_ collection: NeutronCollection, _ path: NeutronPath) async throws -> APIAnswer {
        let query = try path.query()
        let caller = try path.caller()
        var state = try await service.state(deadline: path.request.deadline)
        let isOfGroups = collection == .securityGroups || collection == .securityGroupRules
        if isOfGroups, NeutronRules.lacksDefaultGroup(caller, in: state.snapshot) {
            _ = try await write(path) { rules, edit in try rules.makeDefaultGroup(edit: &edit) }
            state = try await service.state(deadline: path.request.deadline)
        }
        return try NeutronReader(index: state.neutron, caller: caller, largestPage: largestPage)
            .list(collection, query: query, url: path.request.origin + path.request.path)
    }

    private func quota(_ path: NeutronPath) async throws -> APIAnswer {
        let caller = try path.caller()
        switch (path.request.method, path.target) {
        case ("PUT", .quota(let project)):
            let body = try path.json()
            return try await write(path) { rules, edit in
                try rules.updateQuota(project, body: body, edit: &edit)
            }
        case ("DELETE", .quota(let project)):
            return try await write(path) { rules, edit in try rules.deleteQuota(project, edit: &edit) }
        case ("GET", _):
            let state = try await service.state(deadline: path.request.deadline)
            let reader = QuotaReader(snapshot: state.snapshot, caller: caller)
            return switch path.target {
            case .quotas: try reader.list(query: try path.query())
            case .quota(let project): try reader.show(project)
            case .quotaDefaults(let project): try reader.defaults(project)
            case .quotaDetails(let project): try reader.details(project)
            case .quotaOwner(let word): reader.own(word)
            default: throw NeutronError.pathNotFound
            }
        default: throw NeutronError.methodNotAllowed
        }
    }

    private func write(
        _ path: NeutronPath, decide: @escaping @Sendable (NeutronRules, inout GraphEdit) throws -> APIAnswer
    ) async throws -> APIAnswer {
        let request = path.request
        return try await service.write(
            requestID: request.requestID, traceID: request.traceID, caller: try path.caller(),
            deadline: request.deadline
        ) { state, edit in
            try decide(NeutronRules(index: state.neutron), &edit)
        }
    }
}
