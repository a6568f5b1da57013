import JSON
import Model

/// The idempotency record of a request: the answer that a repetition of it gets. It is put in the request's own
/// transaction and lives as long as a proxy may repeat it.
struct RequestRecord: Sendable {
    /// How long a record lives at least, in seconds: far longer than HAProxy's retries, and than the store can hold a
    /// commit back.
    static let seconds = 115

    let answer: APIAnswer

    init(answer: APIAnswer) {
        self.answer = answer
    }

    var stored: [UInt8] {
        var writer = JSONWriter(capacity: answer.body.count + 80)
        writer.beginObject()
        writer.name("status")
        writer.value(answer.status)
        writer.name("content_type")
        writer.value(answer.contentType)
        writer.name("body")
        writer.value(String(decoding: answer.body, as: UTF8.self))
        writer.endObject()
        return writer.finish()
    }

    /// Nil when the bytes are no record.
    init?(stored bytes: [UInt8]) {
        guard let json = try? JSONValue(parsing: bytes), let status = json["status"]?.integerValue,
            let contentType = json["content_type"]?.stringValue, let body = json["body"]?.stringValue
        else { return nil }
        answer = APIAnswer(status: status, contentType: contentType, body: Array(body.utf8))
    }
}
