import Broker
import Foundation
import Synchronization

/// A broker that keeps what it is given, is away when told to, and refuses some messages for good.
final class RecordingBroker: MessageBroker {
    private struct Content {
        var isAway = false
        var refused: Set<String> = []
        var messages: [OutgoingMessage] = []
    }

    private let content = Mutex(Content())

    var isAway: Bool {
        get { content.withLock(\.isAway) }
        set { content.withLock { $0.isAway = newValue } }
    }

    /// The ids of the messages that it takes from nobody.
    var refused: Set<String> {
        get { content.withLock(\.refused) }
        set { content.withLock { $0.refused = newValue } }
    }

    var messages: [OutgoingMessage] { content.withLock(\.messages) }

    var state: BrokerState { BrokerState(phase: isAway ? .connecting : .connected, since: Date()) }

    func states() -> AsyncStream<BrokerState> { AsyncStream { $0.finish() } }

    func declare(_ topology: BrokerTopology, deadline: Duration) async throws(BrokerError) {}

    func publish(_ message: OutgoingMessage, deadline: Duration) async throws(BrokerError) {
        let error: BrokerError? = content.withLock { content in
            if content.isAway { return BrokerError(.unavailable, "away, says the test") }
            if content.refused.contains(message.messageID) { return BrokerError(.invalid, "refused, says the test") }
            content.messages.append(message)
            return nil
        }
        if let error { throw error }
    }

    func consume(_ subscription: Subscription) -> AsyncThrowingStream<Delivery, any Error> {
        AsyncThrowingStream { $0.finish() }
    }

    func close() async {}
}
