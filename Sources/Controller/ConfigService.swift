import Model

/// The configuration as a service: linearizable reads and exactly-once writes, over a replica that the store's watch feeds.
package final class ConfigService: Sendable {
    init() {}

    /// The state at a revision that is not older than any write acknowledged, by any controller, before this call.
    ///
    /// Calls that overlap share one question to the store; the answer comes from memory.
    package func state() async throws(ServiceError) -> ControllerState {
        throw ServiceError(reason: "not ready")
    }

    /// Decides and commits a change, exactly once for each request id.
    ///
    /// `decide` is called with a recent state and an empty edit of it; when what it was based on changes before the
    /// commit, it is called again with a newer state. When it throws, the error is rethrown, but never because of an old
    /// state: it is asked once more after the state has caught up.
    ///
    /// - Parameters:
    ///   - requestID: what the proxy gave the request; nil when a repetition cannot happen.
    ///   - traceID: the id that notices carry, `req-…`.
    /// - Returns: the answer of `decide`, or, for a request that was already done, the recorded one.
    package func write(
        requestID: String?, traceID: String, caller: EditContext.Caller,
        decide: @Sendable (ControllerState, inout GraphEdit) throws -> APIAnswer
    ) async throws -> APIAnswer {
        throw ServiceError(reason: "not ready")
    }
}
