/// Waiting for a condition of the outside world that nothing announces.
package enum Poll {
    /// Asks again and again until the condition holds; throws `timedOut` when the time is over.
    package static func until(
        _ what: String, within limit: Duration, every interval: Duration = .milliseconds(50),
        _ condition: () async throws -> Bool
    ) async throws {
        let clock = ContinuousClock()
        let deadline = clock.now + limit
        while try await !condition() {
            guard clock.now < deadline else {
                throw LabError(.timedOut, "waited \(limit.components.seconds) s in vain for \(what)")
            }
            try await clock.sleep(for: interval)
        }
    }
}
