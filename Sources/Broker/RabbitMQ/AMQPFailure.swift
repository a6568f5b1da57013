import CRabbitMQ

/// Why a call into librabbitmq failed, and what is lost with it.
struct AMQPFailure: Error, Hashable {
    enum Scope: Hashable {
        /// The connection cannot be used any more.
        case connection
        /// The broker has closed the channel; the connection goes on.
        case channel(UInt16)
    }

    let scope: Scope
    let message: String

    static func connection(_ message: String) -> AMQPFailure { AMQPFailure(scope: .connection, message: message) }

    /// A status of the library; negative ones are failures.
    static func library(_ doing: String, _ status: Int32) -> AMQPFailure {
        .connection("\(doing): \(String(cString: amqp_error_string2(status)))")
    }

    /// The reply to a call that waits for one; nil when it went well.
    init?(_ doing: String, _ reply: amqp_rpc_reply_t, channel: UInt16?) {
        switch reply.reply_type {
        case AMQP_RESPONSE_NORMAL:
            return nil
        case AMQP_RESPONSE_SERVER_EXCEPTION:
            if let channel, reply.reply.id == CRABBITMQ_CHANNEL_CLOSE, let decoded = reply.reply.decoded {
                let close = decoded.assumingMemoryBound(to: amqp_channel_close_t.self).pointee
                self.init(
                    scope: .channel(channel), message: "\(doing): \(close.reply_code) \(String(close.reply_text))")
            } else if reply.reply.id == CRABBITMQ_CONNECTION_CLOSE, let decoded = reply.reply.decoded {
                let close = decoded.assumingMemoryBound(to: amqp_connection_close_t.self).pointee
                self = .connection("\(doing): \(close.reply_code) \(String(close.reply_text))")
            } else {
                self = .connection("\(doing): the broker closed the connection")
            }
        case AMQP_RESPONSE_LIBRARY_EXCEPTION:
            self = .library(doing, reply.library_error)
        default:
            self = .connection("\(doing): no answer")
        }
    }

    private init(scope: Scope, message: String) {
        self.scope = scope
        self.message = message
    }
}
