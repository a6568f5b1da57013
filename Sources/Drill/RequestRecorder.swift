import History
import Synchronization

/// Notes requests as their client sees them, by one monotonic clock.
final class RequestRecorder: Sendable {
    private let recorded = Mutex<[RecordedRequest]>([])
    private let origin = ContinuousClock.now

    /// What has been recorded so far.
    var requests: [RecordedRequest] { recorded.withLock { $0 } }

    /// Microseconds since the recorder was made: the time of ``requests``.
    var now: Int64 {
        let (seconds, attoseconds) = origin.duration(to: .now).components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }

    func add(_ request: RecordedRequest) { recorded.withLock { $0.append(request) } }

    /// Sends a request and notes it.
    ///
    /// - Parameters:
    ///   - address: where it is sent to; empty when there is only one such place.
    ///   - send: what came back; an error means that nobody knows whether it was done.
    func record(
        _ operation: RecordedRequest.Operation, at address: String = "",
        _ send: () async throws -> RecordedRequest.Outcome
    ) async {
        let start = now
        let outcome: RecordedRequest.Outcome
        do {
            outcome = try await send()
        } catch {
            outcome = .unknown(reason: "\(error)")
        }
        add(RecordedRequest(operation: operation, address: address, start: start, end: now, outcome: outcome))
    }
}
