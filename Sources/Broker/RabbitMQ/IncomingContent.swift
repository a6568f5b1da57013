/// A message that arrives on a channel in parts: a method, a header and any number of body frames.
struct IncomingContent {
    /// Which method began it.
    enum Opening: Hashable {
        case deliver(tag: UInt64, redelivered: Bool, exchange: String, routingKey: String)
        case returned(text: String, exchange: String, routingKey: String)
    }

    let opening: Opening
    private(set) var properties = AMQPProperties()
    private(set) var body: [UInt8] = []
    /// Whether the body is larger than the limit; then it is read past and not kept.
    private(set) var isTooLarge = false
    private var remaining: UInt64?

    init(opening: Opening) {
        self.opening = opening
    }

    /// Takes the header; true when the message is complete, since its body is empty.
    mutating func header(size: UInt64, properties: AMQPProperties, limit: Int) -> Bool {
        self.properties = properties
        remaining = size
        isTooLarge = size > UInt64(limit)
        if !isTooLarge { body.reserveCapacity(Int(size)) }
        return size == 0
    }

    /// Takes a part of the body; true when the message is complete.
    mutating func append(_ bytes: [UInt8]) -> Bool {
        guard let left = remaining else { return false }
        let rest = left - min(left, UInt64(bytes.count))
        remaining = rest
        if !isTooLarge { body += bytes }
        return rest == 0
    }
}
