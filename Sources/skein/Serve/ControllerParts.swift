import Controller
import NIOPosix
import Synchronization
import Watchdog

extension Watchdog.Part {
    /// What must turn in a controller. HTTP, the store and Keystone share NIO's own loops.
    static func controller(_ service: ConfigService) -> [Watchdog.Part] {
        let seen = LastTurn()
        // It need not turn while there is nothing to take, or while the store is away, which a new process could not mend.
        let follower = Watchdog.Part("the loop that follows the store") {
            let turns = service.replica.turns
            return seen.turns.exchange(turns, ordering: .relaxed) != turns || !service.isBehindStore
        }
        return [.executor, follower] + eventLoops(MultiThreadedEventLoopGroup.singleton)
    }

    /// How often the follower had turned when it was looked at last.
    private final class LastTurn: Sendable {
        let turns = Atomic<UInt64>(0)
    }
}
