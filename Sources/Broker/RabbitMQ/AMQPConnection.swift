import CRabbitMQ
import Foundation
import JSON

/// One connection through librabbitmq, whose calls block: to be used by the thread that made it, and by no other.
///
/// Every call has a time limit: connecting and login by ``BrokerLimits/connectTimeout``, calls with an answer by
/// ``BrokerLimits/replyTimeout``, sending by the heartbeat.
final class AMQPConnection {
    let endpoint: RabbitMQConfiguration.Endpoint
    private let state: amqp_connection_state_t

    init(_ endpoint: RabbitMQConfiguration.Endpoint, _ configuration: RabbitMQConfiguration) throws(AMQPFailure) {
        guard let state = amqp_new_connection() else { throw .connection("out of memory") }
        self.endpoint = endpoint
        self.state = state
        // When this throws the instance is complete already, so its deinit frees the state.
        try Self.open(state, endpoint, configuration)
    }

    deinit {
        amqp_destroy_connection(state)
    }

    var descriptor: Int32 { amqp_get_sockfd(state) }

    /// What the broker calls its cluster.
    var clusterName: String? {
        guard let properties = amqp_get_server_properties(state)?.pointee else { return nil }
        for entry in UnsafeBufferPointer(start: properties.entries, count: Int(properties.num_entries))
        where String(entry.key) == "cluster_name" {
            return String(entry.value.value.bytes)
        }
        return nil
    }

    // MARK: - Channels

    func openChannel(_ channel: UInt16) throws(AMQPFailure) {
        amqp_channel_open(state, channel)
        try check("channel.open", channel)
    }

    func closeChannel(_ channel: UInt16) throws(AMQPFailure) {
        let reply = amqp_channel_close(state, channel, 200)
        if let failure = AMQPFailure("channel.close", reply, channel: channel) { throw failure }
    }

    /// Answers the broker's channel.close.
    func confirmChannelClose(_ channel: UInt16) throws(AMQPFailure) {
        var method = amqp_channel_close_ok_t(dummy: 0)
        let status = amqp_send_method(state, channel, CRABBITMQ_CHANNEL_CLOSE_OK, &method)
        guard status == 0 else { throw .library("channel.close-ok", status) }
    }

    func selectConfirms(_ channel: UInt16) throws(AMQPFailure) {
        amqp_confirm_select(state, channel)
        try check("confirm.select", channel)
    }

    // MARK: - Declarations

    func declare(_ exchange: ExchangeDeclaration, on channel: UInt16) throws(AMQPFailure) {
        let arena = AMQPArena()
        amqp_exchange_declare(
            state, channel, arena.bytes(exchange.name), arena.bytes(exchange.kind.rawValue), 0,
            exchange.durable ? 1 : 0, 0, 0, arena.table([]))
        try check("declare exchange \"\(exchange.name)\"", channel)
    }

    func declare(_ queue: QueueDeclaration, on channel: UInt16) throws(AMQPFailure) {
        let arena = AMQPArena()
        var arguments: [(name: String, value: AMQPArena.Field)] = []
        if queue.kind == .quorum { arguments.append(("x-queue-type", .text("quorum"))) }
        if let length = queue.maximumLength { arguments.append(("x-max-length", .integer(length))) }
        if let bytes = queue.maximumBytes { arguments.append(("x-max-length-bytes", .integer(bytes))) }
        if let seconds = queue.unusedSeconds { arguments.append(("x-expires", .integer(seconds * 1000))) }
        if queue.isLedWhereDeclared {
            let name = queue.kind == .quorum ? "x-queue-leader-locator" : "x-queue-master-locator"
            arguments.append((name, .text("client-local")))
        }
        let isDurable = queue.durable || queue.kind == .quorum
        amqp_queue_declare(
            state, channel, arena.bytes(queue.name), 0, isDurable ? 1 : 0, queue.exclusive ? 1 : 0,
            queue.autoDelete ? 1 : 0, arena.table(arguments))
        try check("declare queue \"\(queue.name)\"", channel)
    }

    func declare(_ binding: QueueBinding, on channel: UInt16) throws(AMQPFailure) {
        let arena = AMQPArena()
        amqp_queue_bind(
            state, channel, arena.bytes(binding.queue), arena.bytes(binding.exchange),
            arena.bytes(binding.routingKey), arena.table([]))
        try check("bind queue \"\(binding.queue)\" to \"\(binding.exchange)\"", channel)
    }

    // MARK: - Messages

    func publish(_ message: OutgoingMessage, on channel: UInt16) throws(AMQPFailure) {
        let arena = AMQPArena()
        var properties = amqp_basic_properties_t()
        properties._flags = Self.flags(of: message)
        properties.content_type = arena.bytes(message.contentType)
        properties.content_encoding = arena.bytes(message.contentEncoding)
        properties.delivery_mode = message.persistent ? 2 : 1
        properties.priority = 0
        properties.message_id = arena.bytes(message.messageID)
        properties.expiration = arena.bytes(message.expiration.map(String.init) ?? "")
        properties.headers = arena.table(message.headers.map { ($0.name, Self.field($0.value)) })
        let exchange = arena.bytes(message.exchange)
        let routingKey = arena.bytes(message.routingKey)
        let status = message.body.withUnsafeBytes { body in
            amqp_basic_publish(
                state, channel, exchange, routingKey, message.mandatory ? 1 : 0, 0, &properties,
                amqp_bytes_t(len: body.count, bytes: UnsafeMutableRawPointer(mutating: body.baseAddress)))
        }
        guard status == 0 else { throw .library("publish", status) }
    }

    func consume(_ subscription: Subscription, on channel: UInt16) throws(AMQPFailure) {
        let arena = AMQPArena()
        amqp_basic_qos(state, channel, 0, UInt16(clamping: subscription.prefetch), 0)
        try check("basic.qos", channel)
        amqp_basic_consume(state, channel, arena.bytes(subscription.queue), arena.bytes(""), 0, 0, 0, arena.table([]))
        try check("consume queue \"\(subscription.queue)\"", channel)
    }

    func acknowledge(_ acknowledgement: DeliveryTags.Acknowledgement, on channel: UInt16) throws(AMQPFailure) {
        let status = amqp_basic_ack(state, channel, acknowledgement.tag, acknowledgement.isMultiple ? 1 : 0)
        guard status == 0 else { throw .library("acknowledge a delivery", status) }
    }

    func reject(_ tag: UInt64, on channel: UInt16, requeue: Bool) throws(AMQPFailure) {
        let status = amqp_basic_reject(state, channel, tag, requeue ? 1 : 0)
        guard status == 0 else { throw .library("reject a delivery", status) }
    }

    /// The next frame that has arrived; nil when none has. Sends and checks heartbeats by the way.
    func nextFrame() throws(AMQPFailure) -> AMQPFrame? {
        var frame = amqp_frame_t()
        var now = timeval(tv_sec: 0, tv_usec: 0)
        let status = amqp_simple_wait_frame_noblock(state, &frame, &now)
        if status == AMQP_STATUS_TIMEOUT.rawValue { return nil }
        guard status == 0 else { throw .library("receive", status) }
        return AMQPFrame(frame)
    }

    /// Gives memory of handled frames back, when none waits.
    func releaseBuffers() { amqp_maybe_release_buffers(state) }

    /// Says good-bye; at most ``BrokerLimits/replyTimeout``.
    func close() {
        _ = amqp_connection_close(state, 200)
    }

    // MARK: - Inside

    private static func open(
        _ state: amqp_connection_state_t, _ endpoint: RabbitMQConfiguration.Endpoint,
        _ configuration: RabbitMQConfiguration
    ) throws(AMQPFailure) {
        guard let socket = try socket(state, endpoint, configuration.tls) else { throw .connection("out of memory") }
        var connectTimeout = configuration.limits.connectTimeout.timeval
        let status = amqp_socket_open_noblock(
            socket, endpoint.host, Int32(clamping: endpoint.port), &connectTimeout)
        guard status == 0 else { throw .library("connect", status) }
        guard amqp_set_handshake_timeout(state, &connectTimeout) == 0 else { throw .connection("set the time limit") }
        let heartbeat = Int32(clamping: max(1, configuration.limits.heartbeat.components.seconds))
        let reply = crabbitmq_login(
            state, configuration.virtualHost, heartbeat, configuration.name, configuration.credentials.user,
            configuration.credentials.password)
        if let failure = AMQPFailure("log in as \(configuration.credentials.user)", reply, channel: nil) {
            throw failure
        }
        var replyTimeout = configuration.limits.replyTimeout.timeval
        guard amqp_set_rpc_timeout(state, &replyTimeout) == 0 else { throw .connection("set the time limit") }
    }

    private static func socket(
        _ state: amqp_connection_state_t, _ endpoint: RabbitMQConfiguration.Endpoint,
        _ tls: RabbitMQConfiguration.TLS?
    ) throws(AMQPFailure) -> OpaquePointer? {
        guard let tls else { return amqp_tcp_socket_new(state) }
        guard let socket = amqp_ssl_socket_new(state) else { return nil }
        amqp_ssl_socket_set_verify_peer(socket, tls.verifies ? 1 : 0)
        amqp_ssl_socket_set_verify_hostname(socket, 0)
        let status = amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST)
        guard status == 0 else { throw .library("set the TLS version", status) }
        if tls.verifies {
            let status = amqp_ssl_socket_set_cacert(socket, tls.authority)
            guard status == 0 else { throw .library("read the certificates in \(tls.authority)", status) }
            guard crabbitmq_verify_peer_name(socket, endpoint.host) == 1 else {
                throw .connection("cannot make OpenSSL check the certificate for \(endpoint.host)")
            }
        }
        if let certificate = tls.certificate, let key = tls.key {
            let status = amqp_ssl_socket_set_key(socket, certificate, key)
            guard status == 0 else { throw .library("read the certificate \(certificate) and key \(key)", status) }
        }
        return socket
    }

    private func check(_ doing: String, _ channel: UInt16) throws(AMQPFailure) {
        if let failure = AMQPFailure(doing, amqp_get_rpc_reply(state), channel: channel) { throw failure }
    }

    private static func flags(of message: OutgoingMessage) -> UInt32 {
        var bits: [UInt32] = [15, 14, 12, 11, 7]
        if !message.headers.isEmpty { bits.append(13) }
        if message.expiration != nil { bits.append(8) }
        return bits.reduce(0) { $0 | 1 << $1 }
    }

    private static func field(_ value: JSONValue) -> AMQPArena.Field {
        switch value {
        case .bool(let value): .bool(value)
        case .integer(let value): .integer(value)
        case .string(let value): .text(value)
        default: .text(value.text)
        }
    }
}

extension Duration {
    /// The duration as C's functions take it; negative ones are zero.
    fileprivate var timeval: timeval {
        let (seconds, attoseconds) = max(self, .zero).components
        return Foundation.timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
    }
}
