import JSON

/// A message to publish, with the AMQP properties that Skein uses.
package struct OutgoingMessage: Hashable, Sendable {
    /// The exchange, which must have been declared; the empty name is the default exchange, which routes by queue name.
    package var exchange: String
    package var routingKey: String
    package var body: [UInt8]
    /// Such as `application/json`.
    package var contentType: String
    /// Such as `utf-8`.
    package var contentEncoding: String
    /// The same in each try to publish the same thing, so that a consumer can drop doubles.
    package var messageID: String
    /// Application headers; booleans, integers and strings are carried over, other values as JSON text.
    package var headers: JSONObject
    /// Whether durable queues keep the message over a restart of the broker.
    package var persistent: Bool
    /// Whether it is an error when no queue takes the message.
    package var mandatory: Bool
    /// How long the message may wait in a queue, in milliseconds; nil is without end.
    package var expiration: Int?

    package init(
        exchange: String, routingKey: String, body: [UInt8], messageID: String,
        contentType: String = "application/json", contentEncoding: String = "utf-8", headers: JSONObject = [:],
        persistent: Bool = true, mandatory: Bool = false, expiration: Int? = nil
    ) {
        self.exchange = exchange
        self.routingKey = routingKey
        self.body = body
        self.messageID = messageID
        self.contentType = contentType
        self.contentEncoding = contentEncoding
        self.headers = headers
        self.persistent = persistent
        self.mandatory = mandatory
        self.expiration = expiration
    }
}
