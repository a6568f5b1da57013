/// What an API answers: decided by pure code, kept in the idempotency record, sent by the HTTP service.
package struct APIAnswer: Hashable, Sendable {
    /// The HTTP status code.
    package var status: Int
    /// The media type of the body, such as `application/json`.
    package var contentType: String
    /// The body's bytes.
    package var body: [UInt8]
    /// Further headers, such as `Allow` and `Etag`; not kept in the idempotency record.
    package var headers: [String: String]

    package init(
        status: Int, contentType: String = "application/json", body: [UInt8] = [], headers: [String: String] = [:]
    ) {
        self.status = status
        self.contentType = contentType
        self.body = body
        self.headers = headers
    }
}
