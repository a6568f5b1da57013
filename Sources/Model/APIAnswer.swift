/// What an API answers: decided by pure code, kept in the idempotency record, sent by the HTTP service.
package struct APIAnswer: Hashable, Sendable {
    /// The HTTP status code.
    package var status: Int
    /// The media type of the body, such as `application/json`.
    package var contentType: String
    /// The body as it is sent.
    package var content: Content
    /// Further headers, such as `Allow` and `Etag`; not kept in the idempotency record.
    package var headers: [String: String]

    /// A body that is there, or one that is made while it is sent.
    package enum Content: Sendable {
        case bytes([UInt8])
        /// What has been made of it, and the rest.
        case pieces([UInt8], any AnswerPieces)
    }

    package init(
        status: Int, contentType: String = "application/json", body: [UInt8] = [], headers: [String: String] = [:]
    ) {
        self.status = status
        self.contentType = contentType
        content = .bytes(body)
        self.headers = headers
    }

    /// 200 with a body that is made piece by piece; one that fits into the first piece is sent in one, with its length.
    package init(pieces: some AnswerPieces, headers: [String: String] = [:]) {
        self.init(status: 200, headers: headers)
        var pieces = pieces
        let first = pieces.next()
        content = pieces.isAtEnd ? .bytes(first) : .pieces(first, pieces)
    }

    /// The whole body in memory: for answers of writes, which are kept, and for whoever compares answers.
    package var body: [UInt8] {
        get {
            switch content {
            case .bytes(let bytes): return bytes
            case .pieces(var bytes, var rest):
                while !rest.isAtEnd { bytes += rest.next() }
                return bytes
            }
        }
        set { content = .bytes(newValue) }
    }

    package static func == (left: APIAnswer, right: APIAnswer) -> Bool {
        left.status == right.status && left.contentType == right.contentType && left.headers == right.headers
            && left.body == right.body
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(status)
        hasher.combine(body)
    }
}
