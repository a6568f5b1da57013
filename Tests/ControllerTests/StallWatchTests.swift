import Synchronization
import Testing

@testable import HTTPService

/// A process that stood still for longer than a request may be repeated does nothing that was sent to it before.
@Suite struct StallWatchTests {
    private final class HandClock: Sendable {
        private let time = Mutex(ContinuousClock.now)

        var now: ContinuousClock.Instant { time.withLock { $0 } }
        func advance(_ seconds: Int) { time.withLock { $0 += .seconds(seconds) } }
    }

    @Test func aShortStallIsNone() {
        let clock = HandClock()
        let watch = StallWatch { clock.now }
        for _ in 0..<10 {
            clock.advance(Int(StallWatch.limit.components.seconds) - 1)
            #expect(!watch.hasStalled)
            watch.tick()
        }
    }

    @Test func whoeverComesFirstAfterALongStallEndsTheProcess() async {
        for tickIsFirst in [false, true] {
            let clock = HandClock()
            let watch = StallWatch { clock.now }
            let readiness = Readiness(stallWatch: watch) { nil }
            #expect(readiness.unreadiness == nil)
            clock.advance(Int(StallWatch.limit.components.seconds) + 1)
            if tickIsFirst { watch.tick() }
            #expect(readiness.hasStalled)
            watch.tick()
            #expect(readiness.unreadiness != nil)
            await #expect(throws: StallWatch.Stalled.self) { try await watch.run() }
        }
    }
}
