import JSON
import Model

/// Why Neutron refuses a request: its status code, the name of its exception and its words, as clients match them.
package struct NeutronError: Error, Hashable, CustomStringConvertible {
    /// The HTTP status code.
    package let status: Int
    /// The class name of Neutron's exception, such as `NetworkNotFound`.
    package let type: String
    package let message: String

    package init(status: Int, type: String, message: String) {
        self.status = status
        self.type = type
        self.message = message
    }

    package var description: String { message }

    /// Neutron's error format.
    package var answer: APIAnswer {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("NeutronError")
        writer.beginObject()
        writer.name("type")
        writer.value(type)
        writer.name("message")
        writer.value(message)
        writer.name("detail")
        writer.value("")
        writer.endObject()
        writer.endObject()
        return APIAnswer(status: status, body: writer.finish())
    }
}

extension NeutronError {
    /// What the web framework under Neutron says about a body or a query it cannot use.
    package static func badRequest(_ message: String) -> NeutronError {
        NeutronError(status: 400, type: "HTTPBadRequest", message: message)
    }

    /// `InvalidInput`, whose words come after "Invalid input for operation: ".
    static func invalidInput(_ reason: String) -> NeutronError {
        NeutronError(status: 400, type: "InvalidInput", message: "Invalid input for operation: \(reason).")
    }

    /// `BadRequest`, which names the resource.
    static func badRequest(resource: String, _ reason: String) -> NeutronError {
        NeutronError(status: 400, type: "BadRequest", message: "Bad \(resource) request: \(reason).")
    }

    /// A value that an attribute's validator does not accept.
    static func invalidAttribute(_ name: String, _ reason: String) -> NeutronError {
        badRequest("Invalid input for \(name). Reason: \(reason).")
    }

    static func conflict(_ type: String, _ message: String) -> NeutronError {
        NeutronError(status: 409, type: type, message: message)
    }

    /// There is no such path, and nothing is said about why.
    package static let pathNotFound = NeutronError(
        status: 404, type: "HTTPNotFound", message: "The resource could not be found.")

    /// The path is there, but not for this method.
    package static let methodNotAllowed = NeutronError(
        status: 405, type: "HTTPMethodNotAllowed",
        message: "The server could not comply with the request since it is either malformed or otherwise incorrect.")

    /// The policy does not allow it; `rules` are the names of the rules that were asked, the action's own first.
    static func disallowed(_ rules: [String]) -> NeutronError {
        let texts = rules.map { "rule:\($0)" }
        let rule = texts.dropFirst().reduce(texts.first ?? "") { "(\($0) and \($1))" }
        return NeutronError(status: 403, type: "PolicyNotAuthorized", message: "\(rule) is disallowed by policy")
    }

    static func adminRequired(_ reason: String) -> NeutronError {
        NeutronError(
            status: 403, type: "AdminRequired", message: "User does not have admin privileges: \(reason).")
    }

    /// What the model says for which Neutron has no words of its own.
    package init(_ error: ModelError) {
        switch error.code {
        case .notFound: self.init(status: 404, type: "NotFound", message: error.message)
        case .taken, .numberTaken, .inUse, .unreadable: self.init(status: 409, type: "Conflict", message: error.message)
        case .exhausted: self.init(status: 503, type: "ServiceUnavailable", message: error.message)
        case .invalid: self.init(status: 400, type: "BadRequest", message: error.message)
        case .tooLarge: self.init(status: 413, type: "HTTPRequestEntityTooLarge", message: error.message)
        case .corrupt: self.init(status: 500, type: "HTTPInternalServerError", message: error.message)
        }
    }
}
