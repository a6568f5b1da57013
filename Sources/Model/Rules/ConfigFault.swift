import JSON

/// Why the config API refuses a request: a status code and the text that Contrail's clients know.
package struct ConfigFault: Error, Hashable, CustomStringConvertible {
    /// The HTTP status code.
    package let status: Int
    package let message: String

    package init(_ status: Int, _ message: String) {
        self.status = status
        self.message = message
    }

    /// The model's reason in the config API's terms.
    package init(_ error: ModelError) {
        let status =
            switch error.code {
            case .notFound: 404
            case .taken, .inUse, .exhausted, .unreadable: 409
            case .invalid, .numberTaken: 400
            case .tooLarge: 413
            case .corrupt: 500
            }
        self.init(status, error.message)
    }

    package var description: String { "\(status) \(message)" }

    /// The answer on the wire: the bare text, or for an exceeded quota a page around it.
    package var answer: APIAnswer {
        let text =
            status == 412
            ? """
            <!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">
            <html><head><title>Error: 412 Precondition Failed</title></head>
            <body><h1>Error: 412 Precondition Failed</h1><pre>\(Self.escaped(message))</pre></body></html>

            """ : message
        return APIAnswer(status: status, contentType: Self.textType, body: Array(text.utf8))
    }

    /// The media type of everything that is not JSON, empty answers included.
    static let textType = "text/html; charset=UTF-8"

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }
}

/// Does something in the model and tells its failure in the config API's terms.
@discardableResult
func asConfigFault<Result>(_ body: () throws(ModelError) -> Result) throws(ConfigFault) -> Result {
    do {
        return try body()
    } catch {
        throw ConfigFault(error)
    }
}

extension APIAnswer {
    /// 200 with JSON.
    static func json(_ value: JSONValue) -> APIAnswer { APIAnswer(status: 200, body: value.bytes) }

    /// 200 without a body, as Contrail answers deletes and actions that return nothing.
    static var empty: APIAnswer { APIAnswer(status: 200, contentType: ConfigFault.textType) }
}
