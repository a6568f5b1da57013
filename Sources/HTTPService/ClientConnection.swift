import Synchronization

/// A client's connection, as the request sees it that is served on it: the work ends when the client has gone.
///
/// A client that closes its side of the connection counts as gone, as it does for the proxy (`option abortonclose`): whether
/// it would still read cannot be known.
final class ClientConnection: Sendable {
    /// The connection that the current request came on; nil where there is no network, as in tests of a handler.
    @TaskLocal static var current: ClientConnection?

    private struct State {
        var isGone = false
        var cancel: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// The client has gone.
    func end() {
        let cancel = state.withLock { state in
            state.isGone = true
            defer { state.cancel = nil }
            return state.cancel
        }
        cancel?()
    }

    /// Does a request's work, which is cancelled when the client goes. One at a time: HTTP/1.1 answers in order.
    func whileClientWaits<Result: Sendable>(
        _ work: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let task = Task { try await work() }
        let isGone = state.withLock { state in
            state.cancel = { task.cancel() }
            return state.isGone
        }
        defer { state.withLock { $0.cancel = nil } }
        if isGone { task.cancel() }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }
}
