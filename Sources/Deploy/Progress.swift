/// What happens during a deployment, as it happens.
package enum ProgressEvent: Hashable, Sendable {
    /// Something to know: a preflight's warning, a note of the blueprint.
    case notice(String)
    /// A stage begins, with this many steps on this many hosts.
    case stage(title: String, steps: Int, hosts: Int)
    case started(host: String, action: String)
    case finished(host: String, action: String, seconds: Double)
    case failed(host: String, action: String, seconds: Double, reason: String)
}

/// Where progress is shown.
package protocol ProgressReporter: Sendable {
    func report(_ event: ProgressEvent) async
}
