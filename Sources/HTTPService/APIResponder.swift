import Controller
import HTTPTypes
import Hummingbird
import Keystone
import Logging
import Model
import NIOCore

/// Turns HTTP requests into calls of an ``APIHandler`` and its answers into HTTP responses: the only place where an API
/// meets the network.
package struct APIResponder: HTTPResponder {
    package typealias Context = BasicRequestContext

    /// The header in which HAProxy gives each request its id, the same when it sends the request again.
    package static let requestIDHeader = "X-Skein-Request-Id"
    /// The largest body, in bytes: what Contrail's API server took.
    package static let bodyLimit = 1_024_000

    private let handler: any APIHandler
    private let validator: any TokenValidator
    private let readiness: Readiness
    private let logger: Logger

    package init(
        handler: any APIHandler, validator: any TokenValidator, readiness: Readiness, logger: Logger
    ) {
        self.handler = handler
        self.validator = validator
        self.readiness = readiness
        self.logger = logger
    }

    package func respond(to request: Request, context: Context) async throws -> Response {
        let path = request.uri.path
        if path == "/readyz" || path == "/healthz" { return readiness.response(path: path) }
        let traceID = Self.traceID(of: request)
        var answer: APIAnswer
        do {
            if readiness.hasStalled { throw APIFailure.unavailable(StallWatch.Stalled().description) }
            answer = try await handler.respond(to: try await read(request, path: path, traceID: traceID))
        } catch {
            answer = handler.answer(to: failure(error, traceID: traceID, request: request))
        }
        if request.method == .head { answer.body = [] }
        return Self.response(answer, traceID: traceID)
    }

    private func read(_ request: Request, path: String, traceID: String) async throws -> APIRequest {
        let method = request.method.rawValue
        let isOpen = handler.isOpen(method: method, path: path)
        let caller = isOpen ? nil : try await authenticate(request)
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: Self.bodyLimit)
        } catch is NIOTooManyBytesError {
            throw APIFailure.bodyTooLarge(limit: Self.bodyLimit)
        }
        let headers = request.headers
        let scheme = Self.header("X-Forwarded-Proto", headers) ?? "http"
        let host = request.head.authority ?? Self.header("Host", headers) ?? "localhost"
        return APIRequest(
            method: method, path: path, query: QueryItems(parsing: request.uri.query ?? ""),
            body: Array(body.readableBytesView), caller: caller,
            requestID: Self.header(Self.requestIDHeader, headers).map { String($0.prefix(128)) }, traceID: traceID,
            origin: "\(scheme)://\(host)", header: { Self.header($0, headers) })
    }

    private func authenticate(_ request: Request) async throws -> EditContext.Caller {
        guard let token = Self.header("X-Auth-Token", request.headers), !token.isEmpty else {
            throw APIFailure.unauthorized
        }
        do {
            let identity =
                if let service = Self.header("X-Service-Token", request.headers), !service.isEmpty {
                    try await validator.validate(token, serviceToken: service)
                } else {
                    try await validator.validate(token)
                }
            return EditContext.Caller(
                userID: identity.userID, userName: identity.userName, projectID: identity.projectID ?? "",
                projectName: identity.projectName ?? "", domainID: identity.projectDomainID ?? "",
                domainName: identity.projectDomainName ?? "", roles: identity.roles.sorted(),
                isAdmin: identity.isAdmin)
        } catch {
            if error.code == .unauthorized { throw APIFailure.unauthorized }
            throw APIFailure.unavailable("the token could not be validated: \(error.message)")
        }
    }

    private func failure(_ error: any Error, traceID: String, request: Request) -> APIFailure {
        switch error {
        case let failure as APIFailure: return failure
        case let error as ServiceError: return .unavailable(error.reason)
        default:
            logger.error(
                "internal error",
                metadata: [
                    "api": "\(handler.name)", "request": "\(traceID)", "error": "\(error)",
                    "path": "\(request.uri.path)",
                ])
            return .internalError(traceID: traceID)
        }
    }

    private static func response(_ answer: APIAnswer, traceID: String) -> Response {
        var headers = HTTPFields()
        if !answer.contentType.isEmpty { headers[.contentType] = answer.contentType }
        if let name = HTTPField.Name("X-Openstack-Request-Id") { headers[name] = traceID }
        for (name, value) in answer.headers {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
        return Response(status: .init(code: answer.status), headers: headers, body: body(answer.content))
    }

    /// Pieces are made as fast as the client takes them, and no more of them when it has gone: writing throws then.
    package static func body(_ content: APIAnswer.Content) -> ResponseBody {
        switch content {
        case .bytes(let bytes): return ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        case .pieces(let first, let rest):
            return ResponseBody { writer in
                var (piece, pieces) = (first, rest)
                while true {
                    if !piece.isEmpty { try await writer.write(ByteBuffer(bytes: piece)) }
                    guard !pieces.isAtEnd else { break }
                    // One that found nothing to send does not wait for the client: others get their turn all the same.
                    await Task.yield()
                    try Task.checkCancellation()
                    piece = pieces.next()
                }
                try await writer.finish(nil)
            }
        }
    }

    private static func header(_ name: String, _ headers: HTTPFields) -> String? {
        HTTPField.Name(name).flatMap { headers[$0] }
    }

    /// What the client sent as its own id when it looks like one, otherwise a new one.
    private static func traceID(of request: Request) -> String {
        if let given = header("X-Openstack-Request-Id", request.headers), given.hasPrefix("req-"),
            given.utf8.count <= 64, given.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") })
        {
            return given
        }
        return "req-\(ObjectIDSource.random())"
    }
}
