import Atomics
import Controller
import ServiceLifecycle

/// Finds out that this process stood still, as a frozen host's does, for so long that the requests that lie in its sockets
/// may have been done elsewhere meanwhile, and their idempotency records be gone: they must not be done again.
///
/// It is looked at before each request; and it ends the process, which systemd starts anew at once.
package final class StallWatch: Service {
    /// The longest that a process may stand still and go on, half of what a record lives at least.
    package static let limit = ConfigService.repetitionLimit / 2

    /// The process has stood still for too long.
    package struct Stalled: Error, CustomStringConvertible {
        package let description =
            "this process stood still for more than \(StallWatch.limit); what was sent to it before may be done elsewhere"
    }

    private let clock: @Sendable () -> ContinuousClock.Instant
    private let origin: ContinuousClock.Instant
    /// Nanoseconds from the origin to the last sign of life.
    private let lastTick = ManagedAtomic<Int64>(0)
    private let stalled = ManagedAtomic(false)

    /// - Parameter clock: a clock that goes on while the process stands still or the host sleeps.
    package init(clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.clock = clock
        origin = clock()
    }

    /// Whether the process has stood still for too long, once and for all.
    package var hasStalled: Bool {
        if stalled.load(ordering: .acquiring) { return true }
        let silence = elapsed - lastTick.load(ordering: .acquiring)
        guard silence > Self.limit.components.seconds * 1_000_000_000 else { return false }
        stalled.store(true, ordering: .releasing)
        return true
    }

    /// A sign of life.
    func tick() {
        if !hasStalled { lastTick.store(elapsed, ordering: .releasing) }
    }

    /// - Throws: ``Stalled``, which ends the process.
    package func run() async throws {
        try await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                self.tick()
                if self.hasStalled { throw Stalled() }
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    private var elapsed: Int64 {
        let (seconds, attoseconds) = origin.duration(to: clock()).components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
