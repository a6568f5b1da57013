/// The messages of one queue of the ``InMemoryBroker`` and who takes them; pure, the broker delivers what it returns.
struct InMemoryQueue {
    struct Message {
        var message: OutgoingMessage
        var redelivered = false
    }

    /// A message on its way to a consumer.
    struct Handout {
        let consumer: Int
        let tag: UInt64
        let message: Message
    }

    private struct Consumer {
        let id: Int
        let prefetch: Int
        /// Unsettled deliveries by their tags, which increase in the queue's order.
        var unsettled: [UInt64: Message] = [:]
    }

    let declaration: QueueDeclaration
    /// The most messages it keeps; the oldest go first.
    let limit: Int
    private(set) var ready: [Message] = []
    private var consumers: [Consumer] = []
    private var nextTag: UInt64 = 1
    private var turn = 0

    init(declaration: QueueDeclaration, limit: Int) {
        self.declaration = declaration
        self.limit = min(declaration.maximumLength ?? limit, limit)
    }

    mutating func append(_ message: OutgoingMessage) -> [Handout] {
        ready.append(Message(message: message))
        if ready.count > limit { ready.removeFirst(ready.count - limit) }
        return handOut()
    }

    mutating func add(consumer id: Int, prefetch: Int) -> [Handout] {
        consumers.append(Consumer(id: id, prefetch: prefetch))
        return handOut()
    }

    /// Removes a consumer; what it had not settled goes back to where it was.
    mutating func remove(consumer id: Int) -> [Handout] {
        guard let index = consumers.firstIndex(where: { $0.id == id }) else { return [] }
        giveBack(consumers.remove(at: index).unsettled)
        return handOut()
    }

    mutating func settle(_ tag: UInt64, of consumer: Int, _ settlement: Settlement) -> [Handout] {
        guard let index = consumers.firstIndex(where: { $0.id == consumer }),
            let message = consumers[index].unsettled.removeValue(forKey: tag)
        else { return [] }
        if settlement == .rejected(requeue: true) { giveBack([tag: message]) }
        return handOut()
    }

    /// Takes all unsettled deliveries back, as a broker does when the connection is lost.
    mutating func giveBackAll() {
        for index in consumers.indices {
            giveBack(consumers[index].unsettled)
            consumers[index].unsettled = [:]
        }
    }

    mutating func handOut() -> [Handout] {
        var handouts: [Handout] = []
        while !ready.isEmpty {
            let order = consumers.indices.map { ($0 + turn) % consumers.count }
            guard let index = order.first(where: { consumers[$0].unsettled.count < consumers[$0].prefetch }) else {
                break
            }
            let message = ready.removeFirst()
            let tag = nextTag
            nextTag += 1
            consumers[index].unsettled[tag] = message
            handouts.append(Handout(consumer: consumers[index].id, tag: tag, message: message))
            turn = index + 1
        }
        return handouts
    }

    private mutating func giveBack(_ messages: [UInt64: Message]) {
        let inOrder = messages.sorted { $0.key < $1.key }.map { Message(message: $0.value.message, redelivered: true) }
        ready.insert(contentsOf: inOrder, at: 0)
    }
}
