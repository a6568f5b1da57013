import Controller
import HTTPTypes
import Hummingbird
import Keystone
import Logging
import Model
import NIOCore
import NIOHTTP1

/// Turns HTTP requests into calls of an ``APIHandler`` and its answers into HTTP responses: the only place where an API
/// meets the network.
package struct APIResponder: HTTPResponder {
    package typealias Context = BasicRequestContext

    /// The header in which HAProxy gives each request its id, the same when it sends the request again.
    package static let requestIDHeader = "X-Skein-Request-Id"
    /// The largest body, in bytes: what Contrail's API server took.
    package static let bodyLimit = 1_024_000
    /// The largest body, in bytes, that the proxy can send again, to another controller.
    package static let repeatableBody = 57_344
    /// How long a request that the proxy can send again is worked at, from the moment it is here as a whole: less than the
    /// time after which the proxy does so (`TimingBudget.proxyAnswerTimeout`), so that a request that is slow to
    /// decide is not under way twice.
    package static let patience = Duration.seconds(3)
    /// The same for a request whose body is too large for the proxy to send again: less than a controller has to stop in
    /// (`StopLimit`), and no longer, because it may hold the only place that there is for large bodies (``RequestGate``).
    package static let unrepeatablePatience = Duration.seconds(5)

    private let handler: any APIHandler
    private let validator: any TokenValidator
    private let readiness: Readiness
    private let gate: RequestGate
    private let bodyTime: TimeAmount
    private let logger: Logger

    /// - Parameters:
    ///   - gate: shared by the APIs of a controller.
    ///   - bodyTime: how long a body may take; only said here, the connection sees to it.
    package init(
        handler: any APIHandler, validator: any TokenValidator, readiness: Readiness, gate: RequestGate,
        bodyTime: TimeAmount, logger: Logger
    ) {
        self.handler = handler
        self.validator = validator
        self.readiness = readiness
        self.gate = gate
        self.bodyTime = bodyTime
        self.logger = logger
    }

    package func respond(to request: Request, context: Context) async throws -> Response {
        let path = request.uri.path
        if path == "/readyz" || path == "/healthz" { return readiness.response(path: path) }
        let traceID = Self.traceID(of: request)
        var answer: APIAnswer
        var caller: EditContext.Caller?
        do {
            if readiness.hasStalled { throw APIFailure.unavailable(StallWatch.Stalled().description) }
            let request = try await read(request, path: path, traceID: traceID)
            caller = request.caller
            answer = try await respond(to: request)
        } catch {
            let failure = failure(error, traceID: traceID, request: request)
            answer = handler.answer(to: failure)
            if case .overloaded = failure { answer.headers["Retry-After"] = "1" }
        }
        if request.method == .head { answer.body = [] }
        return Self.response(answer, traceID: traceID, turns: caller.map { PieceTurns(gate: gate, caller: $0) })
    }

    /// A request of a token's owner runs in its place; whoever has shown no token takes nobody's.
    ///
    /// 429 says that nothing was done, and a client may send the same anew, under another id. A request that may write says
    /// so only when its refusal is recorded (``APIHandler/refuse(_:for:)``): the proxy may have sent it before to a
    /// controller that has committed it, or still holds the commit, and died; no header tells, because HAProxy sends the same
    /// bytes again. To look the record up without putting one would leave the commit that is still held.
    private func respond(to request: APIRequest) async throws -> APIAnswer {
        guard let caller = request.caller else { return try await handler.respond(to: request) }
        let work: @Sendable () async throws -> APIAnswer = {
            try await gate.withPlace(for: caller, bodySize: Self.weight(of: request, for: handler)) {
                try await handler.respond(to: request)
            } refusal: { overload in
                guard request.mayHaveWritten else { return nil }
                return { try await handler.refuse(request, for: overload) }
            }
        }
        guard let connection = ClientConnection.current else { return try await work() }
        return try await connection.whileClientWaits(work)
    }

    /// What a request counts as, in bytes of a body: a small one that names many objects is as much work as a large one.
    package static func weight(of request: APIRequest, for handler: any APIHandler) -> Int {
        // What is large already is not looked through.
        guard request.body.count < RequestGate.largeBody else { return request.body.count }
        return max(request.body.count, handler.objectCount(of: request) * RequestGate.bytesOfObject)
    }

    private func read(_ request: Request, path: String, traceID: String) async throws -> APIRequest {
        let method = request.method.rawValue
        let isOpen = handler.isOpen(method: method, path: path)
        let caller = isOpen ? nil : try await authenticate(request)
        let body = try await body(of: request)
        let headers = request.headers
        let scheme = Self.header("X-Forwarded-Proto", headers) ?? "http"
        let host = request.head.authority ?? Self.header("Host", headers) ?? "localhost"
        return APIRequest(
            method: method, path: path, query: QueryItems(parsing: request.uri.query ?? ""),
            body: Array(body.readableBytesView), caller: caller,
            requestID: Self.header(Self.requestIDHeader, headers).map { String($0.prefix(128)) }, traceID: traceID,
            origin: "\(scheme)://\(host)",
            deadline: .now
                + (body.readableBytes > Self.repeatableBody ? Self.unrepeatablePatience : Self.patience),
            header: { Self.header($0, headers) })
    }

    /// Reads the body. Whatever goes wrong with it is the client's or the network's doing.
    private func body(of request: Request) async throws(APIFailure) -> ByteBuffer {
        let length = request.headers[.contentLength].flatMap { Int($0) }
        if length ?? 0 > Self.bodyLimit { throw .bodyTooLarge(limit: Self.bodyLimit) }
        if length ?? 0 == 0, request.headers[.transferEncoding] == nil { return ByteBuffer() }
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: Self.bodyLimit)
        } catch is NIOTooManyBytesError {
            throw .bodyTooLarge(limit: Self.bodyLimit)
        } catch is RequestBodyWatch.BodyTimeout {
            throw .bodyTooLate(limit: .nanoseconds(bodyTime.nanoseconds))
        } catch let error as HTTPParserError where error != .invalidEOFState {
            throw .malformed("The request body is not valid HTTP: \(error).")
        } catch {
            throw .malformed("The connection ended within the request body.")
        }
        if let length, body.readableBytes < length { throw .malformed("The request body is shorter than announced.") }
        return body
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
        case let error as Overload: return .overloaded(error.reason)
        // The client has gone, or the process is about to.
        case is CancellationError: return .unavailable("nobody waits for the answer any more")
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

    private static func response(_ answer: APIAnswer, traceID: String, turns: PieceTurns?) -> Response {
        var headers = HTTPFields()
        if !answer.contentType.isEmpty { headers[.contentType] = answer.contentType }
        if let name = HTTPField.Name("X-Openstack-Request-Id") { headers[name] = traceID }
        for (name, value) in answer.headers {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
        return Response(status: .init(code: answer.status), headers: headers, body: body(answer.content, turns: turns))
    }

    /// Pieces are made as fast as the client takes them, each in its turn, and no more of them when it has gone: writing throws
    /// then.
    ///
    /// - Parameter turns: nil where nobody waits for anybody.
    package static func body(_ content: APIAnswer.Content, turns: PieceTurns?) -> ResponseBody {
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
                    piece = try await turns?.next(of: &pieces) ?? pieces.next()
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
