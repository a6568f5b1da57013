/// What can be done to the hosts of an installation, and seen of them from outside.
package protocol FaultInjector: Sendable {
    /// Begins a fault on a host.
    ///
    /// - Throws: ``DrillError`` when it cannot; nothing is then left behind.
    func begin(_ fault: Scenario.Fault, on host: String) async throws

    /// Ends it. No error when it has ended by itself.
    func end(_ fault: Scenario.Fault, on host: String) async throws

    /// Undoes whatever is left of any fault, on every host; also after a crash of an earlier drill.
    func undoEverything() async throws

    /// Units of the installation that do not run on a host; a host that cannot be asked counts as one.
    func inactiveUnits(on host: String) async -> [String]

    /// The hosts that have an address on one of their interfaces at this moment.
    func holders(of address: String) async -> [String]
}
