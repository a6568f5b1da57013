import History

/// What clients do while faults are injected, and what they saw of it.
protocol ScenarioLoad: Sendable {
    /// Makes what the load needs.
    ///
    /// - Throws: ``DrillError`` when the installation does not do it.
    func prepare() async throws

    /// Sends requests until cancelled; then waits for those under way.
    func run() async

    /// Notes every request.
    var recorder: RequestRecorder { get }
    var schedule: LoadSchedule { get }

    /// What was recorded and what is there of it; to be asked for once everything is whole and ``run()`` has returned.
    ///
    /// - Throws: ``DrillError`` when nobody says what is there.
    func collect() async throws -> LoadRecord

    /// Deletes everything that the load made; what cannot be deleted is left and named.
    ///
    /// - Returns: what is left.
    func clean() async -> [String]
}
