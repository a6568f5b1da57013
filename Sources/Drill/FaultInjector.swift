/// What can be done to the hosts of an installation, and seen of them from outside.
package protocol FaultInjector: Sendable {
    /// Why a fault cannot be brought about in this installation, in words; nil when it can.
    func obstacle(to fault: Fault) -> String?

    /// Begins a fault on a host.
    ///
    /// - Parameter seconds: for how long at most; a host that undoes it by itself does it then. Nil: no limit is known.
    /// - Throws: ``DrillError`` when it cannot. What it did until then is undone by ``end(_:on:)``.
    func begin(_ fault: Fault, on host: String, lasting seconds: Double?) async throws

    /// Ends it. No error when it has ended by itself, or never began.
    func end(_ fault: Fault, on host: String) async throws

    /// Units of the installation that do not run on a host; a host that cannot be asked counts as one.
    func inactiveUnits(on host: String) async -> [String]

    /// The hosts that have an address on one of their interfaces at this moment, and could answer for it.
    func holders(of address: String) async -> [String]
}

/// The units of the installation that run on every controller.
enum ControllerUnits {
    static let names = [
        "skein-etcd", "rabbitmq-server", "skein-controller", "haproxy", "skein-vip-health", "keepalived",
    ]

    /// `is-active` fails when any unit is not active; what it prints is what counts.
    static var script: String { "systemctl is-active \(names.joined(separator: " ")) || true" }

    /// Reads what the script printed: a line for each unit that does not run.
    static func inactive(_ output: String) -> [String] {
        let states = output.split(separator: "\n")
        guard states.count == names.count else { return ["its units cannot be asked for"] }
        return zip(names, states).filter { $0.1 != "active" }.map { "\($0.0) is \($0.1)" }
    }
}
