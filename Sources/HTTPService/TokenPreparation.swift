import ServiceLifecycle
import Synchronization

/// What a controller does before its first request, so that it does not wait for it: a controller that has just started
/// is one of the proxy's servers, and a cold one would let its share of the requests wait for Keystone.
///
/// Keystone may be away: after a limit the controller is ready all the same.
package final class TokenPreparation: Service {
    private let limit: Duration
    private let sleep: @Sendable (Duration) async throws -> Void
    private let prepare: @Sendable () async -> Void
    private let isOver = Atomic(false)

    /// - Parameters:
    ///   - limit: how long the preparation may keep the controller from being ready.
    ///   - sleep: waits, and ends as soon as its task is cancelled.
    ///   - prepare: returns when it is done, or when it has failed; cancelled at the limit.
    package init(
        limit: Duration, sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
        prepare: @escaping @Sendable () async -> Void
    ) {
        self.limit = limit
        self.sleep = sleep
        self.prepare = prepare
    }

    /// Why no request should come here yet; nil once it is over.
    package var unreadiness: String? {
        isOver.load(ordering: .acquiring) ? nil : "the controller gets a token from Keystone"
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.prepare() }
                group.addTask { try? await self.sleep(self.limit) }
                await group.next()
                isOver.store(true, ordering: .releasing)
                group.cancelAll()
            }
        }
        try await gracefulShutdown()
    }
}
