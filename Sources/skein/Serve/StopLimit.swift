import Dispatch
import Foundation
import Logging
import Synchronization

/// Ends a controller that was asked to stop and has not stopped: a request that computes may hold every thread that would
/// do it in order. What was acknowledged is in the store, and the proxy repeats the rest elsewhere, but for what it cannot
/// send again: a body above its buffer, and an answer that has begun, end as a broken connection.
///
/// It has a queue of its own and needs no thread of Swift's concurrency.
struct StopLimit {
    /// How long a stop may take: the proxy's time to notice it (0.7 s), the longest patience that a request has
    /// (`APIResponder.unrepeatablePatience`), and a little more.
    static let seconds = 6.0

    private let sources: [any DispatchSourceSignal]
    private let end: End

    /// Whether the controller has stopped in order.
    private final class End: Sendable {
        let isOrderly = Atomic(false)
    }

    /// Waits for SIGTERM and SIGINT as long as this value exists.
    init(logger: Logger) {
        let queue = DispatchQueue(label: "skein.stop-limit", qos: .userInitiated)
        let end = End()
        self.end = end
        sources = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                queue.asyncAfter(deadline: .now() + Self.seconds) {
                    if end.isOrderly.load(ordering: .acquiring) { return }
                    logger.warning("requests under way keep the controller from stopping; it ends without them")
                    _exit(EXIT_SUCCESS)
                }
            }
            source.activate()
            return source
        }
    }

    func cancel() {
        end.isOrderly.store(true, ordering: .releasing)
        for source in sources { source.cancel() }
    }
}
