/// An injector that writes each fault into a journal before it begins, and removes it when it has ended.
package struct JournaledInjector: FaultInjector {
    private let injector: any FaultInjector
    private let journal: FaultJournal
    private let mayBegin: @Sendable () throws -> Void

    /// - Parameter mayBegin: throws when no fault may begin any more: the guard has gone, the window is over.
    package init(
        _ injector: any FaultInjector, journal: FaultJournal, mayBegin: @escaping @Sendable () throws -> Void
    ) {
        self.injector = injector
        self.journal = journal
        self.mayBegin = mayBegin
    }

    package func obstacle(to fault: Fault) -> String? { injector.obstacle(to: fault) }

    package func begin(_ fault: Fault, on host: String, lasting seconds: Double?) async throws {
        try mayBegin()
        if !fault.endsItself { try journal.add(FaultJournal.Entry(fault: fault, host: host)) }
        try await injector.begin(fault, on: host, lasting: seconds)
    }

    package func end(_ fault: Fault, on host: String) async throws {
        try await injector.end(fault, on: host)
        journal.remove(FaultJournal.Entry(fault: fault, host: host))
    }

    package func inactiveUnits(on host: String) async -> [String] { await injector.inactiveUnits(on: host) }

    package func holders(of address: String) async -> [String] { await injector.holders(of: address) }

    package var holdersPeriod: Duration { injector.holdersPeriod }

    /// Ends everything that the journal lists, the newest first: also what a drill before this one has left.
    ///
    /// - Returns: what could not be undone, in words.
    package func undoEverything() async -> [String] {
        var left: [String] = []
        for entry in journal.entries.reversed() {
            do {
                try await end(entry.fault, on: entry.host)
            } catch {
                left.append("\(entry.host): \(entry.fault.text) could not be undone: \(error)")
            }
        }
        return left
    }
}
