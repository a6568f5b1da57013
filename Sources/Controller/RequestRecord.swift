import JSON
import Model
import Store

/// The idempotency record of a request, which lives as long as a proxy may repeat it.
enum RequestRecord: Equatable, Sendable {
    /// It was done: the answer that a repetition gets. Put in the request's own transaction.
    case done(APIAnswer)
    /// It was refused, and must not be done any more: a controller that was cut off may still hold an earlier attempt.
    case refused

    /// How long a record lives at least, in seconds: far longer than HAProxy's retries, and than the store can hold a
    /// commit back.
    static let seconds = 115

    var stored: [UInt8] {
        guard case .done(let answer) = self else { return Array(#"{"refused":true}"#.utf8) }
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

    /// The bytes that a record adds to a transaction: its value, and its key twice (a precondition and a change).
    static func room(of stored: [UInt8]) -> Int { stored.count + 2 * (keyBytes + StoreLimits.operationBytes) }

    /// Longer than any key of a record: the proxy's ids are cut at 128 characters.
    private static let keyBytes = 1024

    /// Nil when the bytes are no record.
    init?(stored bytes: [UInt8]) {
        guard let json = try? JSONValue(parsing: bytes) else { return nil }
        if json["refused"]?.boolValue == true {
            self = .refused
            return
        }
        guard let status = json["status"]?.integerValue, let contentType = json["content_type"]?.stringValue,
            let body = json["body"]?.stringValue
        else { return nil }
        self = .done(APIAnswer(status: status, contentType: contentType, body: Array(body.utf8)))
    }
}
