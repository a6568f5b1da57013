import Dispatch
import Foundation
import Logging

/// Ends a controller that was asked to stop and has not stopped: a request that computes may hold every thread that would
/// do it in order. Nothing is lost by that: what was acknowledged is in the store, and the proxy repeats the rest.
///
/// It has a queue of its own and needs no thread of Swift's concurrency.
struct StopLimit {
    /// How long a stop may take: the proxy's time to notice it, a request's patience, and a little more.
    static let seconds = 6.0

    private let sources: [any DispatchSourceSignal]

    /// Waits for SIGTERM and SIGINT as long as this value exists.
    init(logger: Logger) {
        let queue = DispatchQueue(label: "skein.stop-limit", qos: .userInitiated)
        sources = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                queue.asyncAfter(deadline: .now() + Self.seconds) {
                    logger.warning("requests under way keep the controller from stopping; it ends without them")
                    _exit(EXIT_SUCCESS)
                }
            }
            source.activate()
            return source
        }
    }

    func cancel() {
        for source in sources { source.cancel() }
    }
}
