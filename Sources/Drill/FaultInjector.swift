import Blueprint

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

    /// How often ``holders(of:)`` may be asked without being a load itself: what is shorter than that goes unseen.
    var holdersPeriod: Duration { get }
}

/// What must run on every controller.
enum ControllerUnits {
    static let names = [
        "skein-etcd", "skein-rabbitmq", "skein-controller", "skein-haproxy", "skein-vip-health", "skein-keepalived",
    ]

    /// `is-active` fails when any unit is not active; what it prints is what counts. The broker's unit is active also
    /// while it has paused itself in a partition: then it listens for no client, and is connected to no other broker.
    static let script = """
        systemctl is-active \(names.joined(separator: " ")) || true
        ss -Hltn 'sport = :\(ServicePort.broker)' | wc -l
        port=$(sed -n s/^DIST_PORT=//p \(DeploymentPath.brokerEnvironment))
        ss -Htn state established "( sport = :$port or dport = :$port )" | wc -l
        """

    /// Reads what the script printed: a line for each thing that is not as it should be.
    ///
    /// - Parameter brokers: how many brokers the installation has.
    static func inactive(_ output: String, brokers: Int) -> [String] {
        let lines = output.split(separator: "\n").map { $0.filter { !$0.isWhitespace } }
        guard lines.count == names.count + 2, let listeners = Int(lines[names.count]),
            let connections = Int(lines[names.count + 1])
        else { return ["its units cannot be asked for"] }
        var complaints = zip(names, lines).filter { $0.1 != "active" }.map { "\($0.0) is \($0.1)" }
        if complaints.contains(where: { $0.hasPrefix("skein-rabbitmq") }) { return complaints }
        if listeners == 0 { complaints.append("the broker is paused or starting") }
        if connections < brokers - 1 { complaints.append("the broker is not connected to all others") }
        return complaints
    }
}
