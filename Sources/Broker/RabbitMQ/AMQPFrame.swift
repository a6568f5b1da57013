import CRabbitMQ

/// What the broker sends, as values; everything is copied out of librabbitmq's memory.
enum AMQPFrame {
    case connectionClose(code: Int, text: String)
    case blocked(reason: String)
    case unblocked
    case channelClose(channel: UInt16, code: Int, text: String)
    case deliver(channel: UInt16, tag: UInt64, redelivered: Bool, exchange: String, routingKey: String)
    case returned(channel: UInt16, text: String, exchange: String, routingKey: String)
    case confirm(channel: UInt16, tag: UInt64, multiple: Bool, isPositive: Bool)
    /// The broker has ended a consumer, such as when its queue was deleted.
    case cancel(channel: UInt16)
    case header(channel: UInt16, size: UInt64, properties: AMQPProperties)
    case body(channel: UInt16, bytes: [UInt8])
    case other

    init(_ frame: amqp_frame_t) {
        let channel = frame.channel
        var frame = frame
        if crabbitmq_frame_is_method(&frame) != 0 {
            self = Self.method(frame.payload.method, channel: channel)
        } else if crabbitmq_frame_is_header(&frame) != 0 {
            let header = frame.payload.properties
            let properties = header.decoded?.assumingMemoryBound(to: amqp_basic_properties_t.self).pointee
            self = .header(
                channel: channel, size: header.body_size, properties: properties.map(AMQPProperties.init) ?? .init())
        } else if crabbitmq_frame_is_body(&frame) != 0 {
            let bytes = frame.payload.body_fragment
            self = .body(
                channel: channel, bytes: Array(UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.len)))
        } else {
            self = .other
        }
    }

    private static func method(_ method: amqp_method_t, channel: UInt16) -> AMQPFrame {
        func decoded<T>(_ type: T.Type) -> T? { method.decoded?.assumingMemoryBound(to: type).pointee }
        switch method.id {
        case CRABBITMQ_CONNECTION_CLOSE:
            guard let close = decoded(amqp_connection_close_t.self) else { return .other }
            return .connectionClose(code: Int(close.reply_code), text: String(close.reply_text))
        case CRABBITMQ_CONNECTION_BLOCKED:
            return .blocked(reason: decoded(amqp_connection_blocked_t.self).map { String($0.reason) } ?? "")
        case CRABBITMQ_CONNECTION_UNBLOCKED:
            return .unblocked
        case CRABBITMQ_CHANNEL_CLOSE:
            guard let close = decoded(amqp_channel_close_t.self) else { return .other }
            return .channelClose(channel: channel, code: Int(close.reply_code), text: String(close.reply_text))
        case CRABBITMQ_BASIC_DELIVER:
            guard let deliver = decoded(amqp_basic_deliver_t.self) else { return .other }
            return .deliver(
                channel: channel, tag: deliver.delivery_tag, redelivered: deliver.redelivered != 0,
                exchange: String(deliver.exchange), routingKey: String(deliver.routing_key))
        case CRABBITMQ_BASIC_RETURN:
            guard let returned = decoded(amqp_basic_return_t.self) else { return .other }
            return .returned(
                channel: channel, text: "\(returned.reply_code) \(String(returned.reply_text))",
                exchange: String(returned.exchange), routingKey: String(returned.routing_key))
        case CRABBITMQ_BASIC_ACK:
            guard let ack = decoded(amqp_basic_ack_t.self) else { return .other }
            return .confirm(channel: channel, tag: ack.delivery_tag, multiple: ack.multiple != 0, isPositive: true)
        case CRABBITMQ_BASIC_NACK:
            guard let nack = decoded(amqp_basic_nack_t.self) else { return .other }
            return .confirm(channel: channel, tag: nack.delivery_tag, multiple: nack.multiple != 0, isPositive: false)
        case CRABBITMQ_BASIC_CANCEL:
            return .cancel(channel: channel)
        default:
            return .other
        }
    }
}

/// The properties of a message that this client reads.
struct AMQPProperties: Hashable {
    var contentType = ""
    var contentEncoding = ""
    var messageID = ""

    init() {}

    init(_ properties: amqp_basic_properties_t) {
        func text(_ bit: UInt32, _ bytes: amqp_bytes_t) -> String {
            properties._flags & (1 << bit) == 0 ? "" : String(bytes)
        }
        contentType = text(15, properties.content_type)
        contentEncoding = text(14, properties.content_encoding)
        messageID = text(7, properties.message_id)
    }
}
