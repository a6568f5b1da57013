import Synchronization

/// Deliveries on their way from the broker to one consumer.
///
/// The broker keeps it, so that it can add deliveries and drop those of a lost connection; the stream holds a
/// ``DeliveryReader``, whose end is the end of the subscription. It never holds more than the prefetch.
final class DeliverySource: Sendable {
    private struct State {
        var deliveries: [Delivery] = []
        var reader: CheckedContinuation<Delivery?, any Error>?
        var ended: Result<Void, BrokerError>?
    }

    private let state = Mutex(State())

    func add(_ delivery: Delivery) {
        state.withLock { state -> CheckedContinuation<Delivery?, any Error>? in
            guard state.ended == nil else { return nil }
            if let reader = state.reader.take() { return reader }
            state.deliveries.append(delivery)
            return nil
        }?.resume(returning: delivery)
    }

    /// Drops what the consumer has not seen, since the connection is gone and it will come again.
    func clear() {
        state.withLock { $0.deliveries = [] }
    }

    /// Ends the stream, with an error or without.
    func end(_ result: Result<Void, BrokerError> = .success(())) {
        let reader = state.withLock { state in
            if state.ended == nil { state.ended = result }
            state.deliveries = []
            return state.reader.take()
        }
        switch result {
        case .success: reader?.resume(returning: nil)
        case .failure(let error): reader?.resume(throwing: error)
        }
    }

    func next() async throws -> Delivery? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let answer = state.withLock { state -> Result<Delivery?, any Error>? in
                    if Task.isCancelled { return .success(nil) }
                    if !state.deliveries.isEmpty { return .success(state.deliveries.removeFirst()) }
                    switch state.ended {
                    case .success: return .success(nil)
                    case .failure(let error): return .failure(error)
                    case nil:
                        guard state.reader == nil else {
                            return .failure(BrokerError(.invalid, "two tasks read one stream of deliveries"))
                        }
                        state.reader = continuation
                        return nil
                    }
                }
                if let answer { continuation.resume(with: answer) }
            }
        } onCancel: {
            state.withLock { $0.reader.take() }?.resume(returning: nil)
        }
    }
}

/// What the stream of a subscription holds: when the last reference goes, so does the subscription.
final class DeliveryReader: Sendable {
    private let source: DeliverySource
    private let onEnd: @Sendable () -> Void

    init(source: DeliverySource, onEnd: @escaping @Sendable () -> Void) {
        self.source = source
        self.onEnd = onEnd
    }

    deinit { onEnd() }

    /// The stream of this reader's deliveries.
    static func stream(
        of source: DeliverySource, onEnd: @escaping @Sendable () -> Void
    ) -> AsyncThrowingStream<Delivery, any Error> {
        let reader = DeliveryReader(source: source, onEnd: onEnd)
        return AsyncThrowingStream { try await reader.source.next() }
    }
}
