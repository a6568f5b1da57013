import Controller
import Model

/// One of the APIs: it knows its paths, its words and its errors, and nothing of connections, tokens or limits.
package protocol APIHandler: Sendable {
    /// Its name in logs: `neutron`, `config`.
    var name: String { get }

    /// Whether a request is answered without a token, such as the version document.
    func isOpen(method: String, path: String) -> Bool

    /// The answer. What it throws becomes ``answer(to:)``'s business when it is an ``APIFailure``, a
    /// `Controller.ServiceError` or a `Controller.Overload`, and an internal error otherwise.
    func respond(to request: APIRequest) async throws -> APIAnswer

    /// Refuses a request that has not been begun, in such a way that no other attempt at it changes anything any more.
    ///
    /// - Returns: the answer, when an earlier attempt has been done.
    /// - Throws: the overload, when the refusal is final; what ``respond(to:)`` throws otherwise.
    func refuse(_ request: APIRequest, for overload: Overload) async throws -> APIAnswer

    /// How many objects a request may be about at most, as far as that is seen without reading it: a few bytes can ask for
    /// hundreds, whose decision takes as long as that of a large body.
    func objectCount(of request: APIRequest) -> Int

    /// A failure that is not of the API's own making, in the API's own words and format.
    func answer(to failure: APIFailure) -> APIAnswer
}

extension APIHandler {
    /// For an API that writes nothing.
    package func refuse(_ request: APIRequest, for overload: Overload) async throws -> APIAnswer { throw overload }

    package func objectCount(of request: APIRequest) -> Int { request.braceCount }
}

/// What can go wrong with any request to any API.
package enum APIFailure: Error, Hashable, Sendable {
    /// No token, or one that is not valid: 401.
    case unauthorized
    /// The controller, its store or Keystone cannot serve now: 503 with the reason.
    case unavailable(String)
    /// The controller has too much to do for this client, or for all: 429 with the reason.
    case overloaded(String)
    /// What came is not HTTP, or ended too early: 400 with the reason.
    case malformed(String)
    /// The body did not come within the limit: 408.
    case bodyTooLate(limit: Duration)
    /// The body is larger than the limit, in bytes: 413.
    case bodyTooLarge(limit: Int)
    /// A mistake of ours, logged with its details under the trace id: 500.
    case internalError(traceID: String)

    /// The HTTP status code.
    package var status: Int {
        switch self {
        case .unauthorized: 401
        case .unavailable: 503
        case .overloaded: 429
        case .malformed: 400
        case .bodyTooLate: 408
        case .bodyTooLarge: 413
        case .internalError: 500
        }
    }

    /// The reason in words.
    package var message: String {
        switch self {
        case .unauthorized: "The request you have made requires authentication."
        case .unavailable(let reason), .overloaded(let reason), .malformed(let reason): reason
        case .bodyTooLate(let limit): "The request body did not arrive within \(limit.components.seconds) seconds."
        case .bodyTooLarge(let limit): "The request body is larger than \(limit) bytes."
        case .internalError(let traceID): "An unexpected error occurred; the server's log has it as \(traceID)."
        }
    }
}
