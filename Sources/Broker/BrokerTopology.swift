/// Exchanges, queues and bindings to declare, in this order.
package struct BrokerTopology: Hashable, Sendable {
    package var exchanges: [ExchangeDeclaration]
    package var queues: [QueueDeclaration]
    package var bindings: [QueueBinding]

    package init(
        exchanges: [ExchangeDeclaration] = [], queues: [QueueDeclaration] = [], bindings: [QueueBinding] = []
    ) {
        self.exchanges = exchanges
        self.queues = queues
        self.bindings = bindings
    }

    /// Adds what the other one has and this one has not; where the names are equal the other's form counts.
    package mutating func merge(_ other: BrokerTopology) {
        exchanges.removeAll { old in other.exchanges.contains { $0.name == old.name } }
        exchanges += other.exchanges
        queues.removeAll { old in other.queues.contains { $0.name == old.name } }
        queues += other.queues
        bindings += other.bindings.filter { !bindings.contains($0) }
    }
}

/// An exchange: where publishers send, and what decides which queues get it.
package struct ExchangeDeclaration: Hashable, Sendable {
    package enum Kind: String, Sendable {
        /// To every bound queue.
        case fanout
        /// To queues bound with the same key.
        case direct
        /// To queues bound with a matching pattern (`*` one word, `#` any number of words).
        case topic
    }

    package var name: String
    package var kind: Kind
    /// Whether it outlives a restart of the broker.
    package var durable: Bool

    package init(name: String, kind: Kind, durable: Bool) {
        self.name = name
        self.kind = kind
        self.durable = durable
    }
}

/// A queue.
package struct QueueDeclaration: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// On one node, mirrored when a policy says so.
        case classic
        /// Replicated to a majority of the cluster; always durable.
        case quorum
    }

    package var name: String
    package var kind: Kind
    package var durable: Bool
    /// Removed with the connection that made it, and for that connection only.
    package var exclusive: Bool
    package var autoDelete: Bool
    /// At most so many messages; the oldest go first. nil: no limit by the queue itself.
    package var maximumLength: Int?
    /// At most so many bytes of bodies; the oldest go first.
    package var maximumBytes: Int?
    /// Removed when for so many seconds nobody has consumed or declared it; nil: never.
    package var unusedSeconds: Int?
    /// Whether the node at which it is declared first leads it; otherwise the broker chooses one.
    package var isLedWhereDeclared: Bool

    package init(
        name: String, kind: Kind, durable: Bool = true, exclusive: Bool = false, autoDelete: Bool = false,
        maximumLength: Int? = nil, maximumBytes: Int? = nil, unusedSeconds: Int? = nil, isLedWhereDeclared: Bool = false
    ) {
        self.name = name
        self.kind = kind
        self.durable = durable
        self.exclusive = exclusive
        self.autoDelete = autoDelete
        self.maximumLength = maximumLength
        self.maximumBytes = maximumBytes
        self.unusedSeconds = unusedSeconds
        self.isLedWhereDeclared = isLedWhereDeclared
    }
}

/// That a queue gets what an exchange receives under a key.
package struct QueueBinding: Hashable, Sendable {
    package var queue: String
    package var exchange: String
    package var routingKey: String

    package init(queue: String, exchange: String, routingKey: String = "") {
        self.queue = queue
        self.exchange = exchange
        self.routingKey = routingKey
    }
}
