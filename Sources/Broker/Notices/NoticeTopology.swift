/// The exchanges and queues that notices go through, by the names that their consumers know.
package enum NoticeTopology {
    /// Contrail's exchange: fanout and not durable, as the original declares it; anything else would refuse its
    /// consumers. Each of them brings a queue of its own.
    package static let contrailExchange = "vnc_config.object-update"
    /// OpenStack's exchange of the network service: oslo.messaging takes the service's `control_exchange`.
    package static let osloExchange = "neutron"
    /// oslo.messaging's topic `notifications` at priority `info`, as routing key and as queue.
    package static let osloRoutingKey = "notifications.info"
    /// Skein's own exchange, which collectors bind to.
    package static let eventsExchange = "skein.events"

    /// How long a notification waits for a consumer, in milliseconds: a day. The queue is one that consumers declare
    /// as well, so it cannot carry a limit of its own without refusing them, and nobody may ever come to empty it.
    package static let osloExpiration = 86_400_000

    /// The most bytes that wait for a collector that is away, before the oldest events are dropped: 256 MiB.
    package static let historyBytes = 256 << 20

    /// What a publisher declares.
    ///
    /// - Parameters:
    ///   - collectors: the nodes with the collector role, so that events wait for one that has not run yet.
    ///   - osloDurable: whether OpenStack's exchange and queue are durable. Consumers must be configured alike
    ///     (`amqp_durable_queues`, by default false), or the broker refuses them.
    package static func publisher(collectors: [String], osloDurable: Bool = false) -> BrokerTopology {
        var topology = BrokerTopology(
            exchanges: [
                ExchangeDeclaration(name: contrailExchange, kind: .fanout, durable: false),
                ExchangeDeclaration(name: osloExchange, kind: .topic, durable: osloDurable),
                ExchangeDeclaration(name: eventsExchange, kind: .fanout, durable: true),
            ],
            queues: [QueueDeclaration(name: osloRoutingKey, kind: .classic, durable: osloDurable)],
            bindings: [QueueBinding(queue: osloRoutingKey, exchange: osloExchange, routingKey: osloRoutingKey)])
        for node in collectors { topology.merge(collector(node: node)) }
        return topology
    }

    /// The quorum queue of one collector; each has its own, so that each keeps the whole history.
    package static func historyQueue(node: String) -> String { "skein.history.\(node)" }

    /// What the collector on a node declares.
    package static func collector(node: String) -> BrokerTopology {
        let queue = historyQueue(node: node)
        return BrokerTopology(
            exchanges: [ExchangeDeclaration(name: eventsExchange, kind: .fanout, durable: true)],
            queues: [QueueDeclaration(name: queue, kind: .quorum, maximumBytes: historyBytes)],
            bindings: [QueueBinding(queue: queue, exchange: eventsExchange)])
    }
}
