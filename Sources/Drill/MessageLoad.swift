import Broker
import History
import Synchronization

/// A load on the brokers: numbered messages with publisher confirms, to a queue of each kind at the same rate, by one
/// publisher for each queue at each broker. Once everything is whole again, all that the queues have is consumed.
///
/// A message has *failed* when it was not confirmed within 10 s. It is not published again: what counts is that each
/// one that was confirmed is there.
final class MessageLoad: ScenarioLoad {
    /// Opens a connection that prefers the broker of a controller, by its place among them.
    typealias Connect = @Sendable (Int) throws -> any MessageBroker

    let recorder = RequestRecorder()
    let schedule: LoadSchedule
    private let prefix: String
    private let brokers: Int
    private let unusedSeconds: Int
    private let connect: Connect
    private let publishers = Mutex<[MessageQueue: [any MessageBroker]]>([:])

    private static let confirmLimit = Duration.seconds(10)
    /// How long it may take to empty one queue.
    private static let drainLimit = Duration.seconds(120)
    /// The name of the message behind the last one.
    private static let end = "end"

    /// - Parameters:
    ///   - prefix: begins the queues' names.
    ///   - brokers: how many there are.
    ///   - seconds: for how long the load may run.
    init(plan: LoadPlan, prefix: String, brokers: Int, lasting seconds: Int, connect: @escaping Connect) {
        self.prefix = prefix
        self.brokers = brokers
        unusedSeconds = seconds + Int(Self.drainLimit / .seconds(1)) * MessageQueue.allCases.count
        self.connect = connect
        schedule = LoadSchedule(rate: plan.rate * MessageQueue.allCases.count, outstanding: plan.outstanding)
    }

    /// The controller whose broker leads the queues: the last one.
    static func leader(of controllers: [Installation.Controller]) -> Installation.Controller? { controllers.last }

    func prepare() async throws {
        let declaring = try connect(brokers - 1)
        let queues = MessageQueue.allCases.map { $0.declaration(prefix: prefix, unusedSeconds: unusedSeconds) }
        do {
            try await declaring.declare(BrokerTopology(queues: queues))
        } catch {
            await declaring.close()
            throw DrillError("the load's queues cannot be declared: \(error)")
        }
        await declaring.close()
        for queue in MessageQueue.allCases {
            for index in 0..<brokers {
                let publisher = try connect(index)
                publishers.withLock { $0[queue, default: []].append(publisher) }
            }
        }
    }

    func run() async {
        let publishers = publishers.withLock { $0 }
        await schedule.run { index in
            let queue = MessageQueue.allCases[index % MessageQueue.allCases.count]
            let number = index / MessageQueue.allCases.count
            guard let own = publishers[queue], !own.isEmpty else { return }
            await self.publish(number, to: queue, by: own[number % own.count])
        }
    }

    private func publish(_ number: Int, to queue: MessageQueue, by publisher: any MessageBroker) async {
        let message = message("\(number)", to: queue)
        await recorder.record(.publish(queue: queue.rawValue, message: message.messageID)) {
            try await publisher.publish(message, deadline: Self.confirmLimit)
            return .succeeded(nil)
        }
    }

    private func message(_ name: String, to queue: MessageQueue) -> OutgoingMessage {
        OutgoingMessage(
            exchange: "", routingKey: queue.name(prefix: prefix), body: Array(name.utf8), messageID: name,
            contentType: "text/plain", mandatory: true)
    }

    func collect() async throws -> LoadRecord {
        var record = LoadRecord(requests: recorder.requests)
        guard await closePublishers() else { return record }
        for queue in MessageQueue.allCases {
            let broker = try connect(0)
            let drained = await within(Self.drainLimit) { await self.drain(queue, broker) }
            await broker.close()
            guard let drained else { throw DrillError("the \(queue.rawValue) queue could not be emptied in time") }
            record.messages[queue.rawValue] = try drained.get()
        }
        return record
    }

    /// Takes everything out of a queue. A message is published behind the last one, so that its end is known.
    private func drain(_ queue: MessageQueue, _ broker: any MessageBroker) async -> Result<[String], DrillError> {
        var names: [String] = []
        do {
            try await broker.publish(message(Self.end, to: queue), deadline: Self.drainLimit)
            let deliveries = broker.consume(Subscription(queue: queue.name(prefix: prefix), prefetch: 1000))
            for try await delivery in deliveries {
                delivery.acknowledge()
                if delivery.messageID == Self.end {
                    // What is asked of a connection is done in order: after this the acknowledgements are sent.
                    try await broker.declare(BrokerTopology())
                    return .success(names)
                }
                names.append(delivery.messageID)
            }
        } catch {
            return .failure(DrillError("the \(queue.rawValue) queue cannot be emptied: \(error)"))
        }
        return .failure(DrillError("the \(queue.rawValue) queue has ended before its last message"))
    }

    /// - Returns: whether there were any.
    private func closePublishers() async -> Bool {
        let all = publishers.withLock { publishers in
            defer { publishers = [:] }
            return publishers.values.flatMap(\.self)
        }
        for publisher in all { await publisher.close() }
        return !all.isEmpty
    }

    /// The queues go by themselves when nobody has used them for a time; they are empty by then.
    func clean() async -> [String] {
        _ = await closePublishers()
        return []
    }
}
