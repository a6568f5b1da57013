import Foundation
import Synchronization

/// The state of a broker connection, and the streams that follow it.
final class StateFeed: Sendable {
    private struct Content {
        var state: BrokerState
        var followers: [Int: AsyncStream<BrokerState>.Continuation] = [:]
        var nextFollower = 0
    }

    private let content: Mutex<Content>

    init() {
        content = Mutex(Content(state: BrokerState(phase: .connecting, since: Date())))
    }

    var current: BrokerState { content.withLock { $0.state } }

    /// Changes the state and tells the followers, when it did change.
    func update(_ change: (inout BrokerState) -> Void) {
        // Ending a stream calls its termination handler, which takes the lock: so that happens outside.
        let ended = content.withLock { content -> [AsyncStream<BrokerState>.Continuation] in
            let old = content.state
            change(&content.state)
            if content.state.phase != old.phase || content.state.endpoint != old.endpoint {
                content.state.since = Date()
            }
            guard content.state != old else { return [] }
            for follower in content.followers.values { follower.yield(content.state) }
            guard content.state.phase == .closed else { return [] }
            defer { content.followers = [:] }
            return Array(content.followers.values)
        }
        for follower in ended { follower.finish() }
    }

    /// Records a failure.
    func failed(_ message: String) {
        update { state in
            state.lastError = message
            state.lastErrorAt = Date()
        }
    }

    func follow() -> AsyncStream<BrokerState> {
        let (stream, continuation) = AsyncStream.makeStream(of: BrokerState.self, bufferingPolicy: .bufferingNewest(1))
        let id = content.withLock { content -> Int? in
            continuation.yield(content.state)
            guard content.state.phase != .closed else { return nil }
            content.nextFollower += 1
            content.followers[content.nextFollower] = continuation
            return content.nextFollower
        }
        if let id {
            continuation.onTermination = { [weak self] _ in self?.content.withLock { $0.followers[id] = nil } }
        } else {
            continuation.finish()
        }
        return stream
    }
}
