/// What the services of a controller take from outside themselves: time, chance and threads.
///
/// Everything else they get is a protocol. So a test that puts its own surroundings, store and broker in their places
/// decides each thing that can happen to a controller, and in which order (docs/architecture.md, "Simulation").
package struct Surroundings: Sendable {
    /// The time that deadlines are measured by; it never goes back.
    package var now: @Sendable () -> ContinuousClock.Instant
    /// Waits, and throws `CancellationError` as soon as the task is cancelled.
    package var sleep: @Sendable (Duration) async throws -> Void
    /// 64 random bits.
    package var random: @Sendable () -> UInt64
    /// Where tasks run that outlive their caller's cancellation; nil for the process's own threads.
    package var executor: (any TaskExecutor)?

    package init(
        now: @escaping @Sendable () -> ContinuousClock.Instant,
        sleep: @escaping @Sendable (Duration) async throws -> Void, random: @escaping @Sendable () -> UInt64,
        executor: (any TaskExecutor)?
    ) {
        self.now = now
        self.sleep = sleep
        self.random = random
        self.executor = executor
    }

    /// The machine's own.
    package static let system = Surroundings(
        now: { .now }, sleep: { try await Task.sleep(for: $0) }, random: { .random(in: .min ... .max) }, executor: nil)
}
