import Synchronization

/// The bounded buffer between a store, which must not wait, and the consumer of a watch, which may be slow.
///
/// The store offers batches; when one does not fit, the store decides what becomes of the watch. Notices of progress
/// never fill the buffer: a newer one takes the place of an older one at its end.
package final class WatchFeed: Sendable {
    private struct State {
        var batches: [WatchBatch] = []
        /// Index of the first batch that has not been taken; the ones before it are removed in bulk.
        var first = 0
        var bytes = 0
        var waiting: CheckedContinuation<Void, Never>?
        var failure: StoreError?
        var hasEnded = false
    }

    private let state = Mutex(State())
    private let maximumBatches: Int
    private let maximumBytes: Int

    /// - Parameters:
    ///   - maximumBatches: how many batches may wait for the consumer.
    ///   - maximumBytes: how many bytes of keys and values may wait; a single larger batch fits into an empty buffer.
    package init(maximumBatches: Int = 16_384, maximumBytes: Int = 32 << 20) {
        self.maximumBatches = maximumBatches
        self.maximumBytes = maximumBytes
    }

    /// Hands a batch to the consumer. Batches are delivered in the order in which they are offered.
    ///
    /// - Returns: false when the buffer is full: the batch was not taken. True as well when the watch has ended.
    package func offer(_ batch: WatchBatch) -> Bool {
        let size = batch.events.reduce(into: 0) { $0 += $1.byteCount }
        let (taken, waiting) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
            guard !state.hasEnded, state.failure == nil else { return (true, nil) }
            let count = state.batches.count - state.first
            if batch.events.isEmpty, count > 0, let last = state.batches.last, last.events.isEmpty {
                state.batches[state.batches.count - 1] = batch
                return (true, nil)
            }
            guard count == 0 || (count < maximumBatches && state.bytes + size <= maximumBytes) else {
                return (false, nil)
            }
            state.batches.append(batch)
            state.bytes += size
            defer { state.waiting = nil }
            return (true, state.waiting)
        }
        waiting?.resume()
        return taken
    }

    /// Ends the watch with an error, after what was offered before has been taken.
    package func finish(throwing error: StoreError) {
        let waiting = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.hasEnded, state.failure == nil else { return nil }
            state.failure = error
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume()
    }

    /// The consumer's side; to be called once.
    ///
    /// - Parameters:
    ///   - onDemand: called when the consumer wants a batch and none is waiting; must not block.
    ///   - onEnd: called once, when the consumer has stopped or the error has been thrown.
    package func stream(
        onDemand: @escaping @Sendable () -> Void = {}, onEnd: @escaping @Sendable () -> Void
    ) -> AsyncThrowingStream<WatchBatch, any Error> {
        let consumer = Consumer(feed: self, onEnd: onEnd)
        return AsyncThrowingStream(unfolding: { try await consumer.next(onDemand: onDemand) })
    }

    fileprivate func next(onDemand: () -> Void) async throws -> WatchBatch? {
        while true {
            if let batch = try take() { return batch }
            if Task.isCancelled { return nil }
            onDemand()
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let isReady = state.withLock { state in
                        // A cancellation between the check above and here has already run its handler.
                        if state.first < state.batches.count || state.failure != nil || Task.isCancelled { return true }
                        state.waiting = continuation
                        return false
                    }
                    if isReady { continuation.resume() }
                }
            } onCancel: {
                let waiting = state.withLock { state in
                    defer { state.waiting = nil }
                    return state.waiting
                }
                waiting?.resume()
            }
        }
    }

    private func take() throws -> WatchBatch? {
        try state.withLock { state in
            guard state.first < state.batches.count else {
                if let failure = state.failure { throw failure }
                return nil
            }
            let batch = state.batches[state.first]
            state.first += 1
            state.bytes -= batch.events.reduce(into: 0) { $0 += $1.byteCount }
            if state.first == state.batches.count {
                state.batches.removeAll(keepingCapacity: state.first <= 64)
                state.first = 0
            } else if state.first >= 1024 {
                state.batches.removeFirst(state.first)
                state.first = 0
            }
            return batch
        }
    }

    fileprivate func end() {
        state.withLock { state in
            state.hasEnded = true
            state.batches = []
            state.first = 0
            state.bytes = 0
        }
    }
}

/// Lives as long as the consumer's stream: its end tells the store that nobody is watching any more.
private final class Consumer: Sendable {
    private let feed: WatchFeed
    private let onEnd: @Sendable () -> Void

    init(feed: WatchFeed, onEnd: @escaping @Sendable () -> Void) {
        self.feed = feed
        self.onEnd = onEnd
    }

    func next(onDemand: () -> Void) async throws -> WatchBatch? {
        try await feed.next(onDemand: onDemand)
    }

    deinit {
        feed.end()
        onEnd()
    }
}

extension WatchEvent {
    /// Which key was changed.
    package var key: String {
        switch self {
        case .put(let entry): entry.key
        case .delete(let key): key
        }
    }

    /// The bytes of its key and value, for bounds on buffers.
    package var byteCount: Int {
        switch self {
        case .put(let entry): entry.key.utf8.count + entry.value.count
        case .delete(let key): key.utf8.count
        }
    }
}
