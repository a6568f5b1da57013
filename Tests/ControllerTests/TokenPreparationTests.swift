import HTTPService
import Logging
import ServiceLifecycle
import Testing

/// A controller is not ready before it has a token, or has waited long enough for one.
@Suite(.timeLimit(.minutes(1))) struct TokenPreparationTests {
    /// Runs a preparation as the controller does, and returns once it is over.
    private func isReadyAfter(_ preparation: TokenPreparation) async throws {
        let group = ServiceGroup(
            services: [preparation], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            while preparation.unreadiness != nil { await Task.yield() }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    @Test func itIsReadyWithTheToken() async throws {
        let (tokens, token) = AsyncStream.makeStream(of: Void.self)
        let preparation = TokenPreparation(limit: .seconds(2), sleep: Self.sleepForever) {
            for await _ in tokens { return }
        }
        #expect(preparation.unreadiness?.contains("Keystone") == true)
        token.yield()
        try await isReadyAfter(preparation)
    }

    @Test func aKeystoneThatIsAwayDoesNotKeepItFromBeingReady() async throws {
        let (limits, limit) = AsyncStream.makeStream(of: Duration.self)
        let (cancellations, cancellation) = AsyncStream.makeStream(of: Bool.self)
        let preparation = TokenPreparation(limit: .seconds(2), sleep: { limit.yield($0) }) {
            try? await Self.sleepForever(.zero)
            cancellation.yield(Task.isCancelled)
        }
        try await isReadyAfter(preparation)
        #expect(await limits.first { _ in true } == .seconds(2))
        #expect(await cancellations.first { _ in true } == true)
    }

    private static let sleepForever: @Sendable (Duration) async throws -> Void = { _ in
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        defer { withExtendedLifetime(continuation) {} }
        for await _ in stream {}
        try Task.checkCancellation()
    }
}
