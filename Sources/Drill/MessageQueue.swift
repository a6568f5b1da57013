import Broker

/// The queues that a load of messages publishes to, all with the same load.
package enum MessageQueue: String, Hashable, Sendable, CaseIterable {
    /// A classic queue, which the installation's policy mirrors to every broker.
    case mirrored
    case quorum

    /// The queue as the broker has it.
    ///
    /// - Parameters:
    ///   - prefix: begins its name.
    ///   - unusedSeconds: after so many the broker removes it: longer than nobody consumes it while the load runs.
    func declaration(prefix: String, unusedSeconds: Int) -> QueueDeclaration {
        QueueDeclaration(
            name: name(prefix: prefix), kind: self == .mirrored ? .classic : .quorum, unusedSeconds: unusedSeconds,
            isLedWhereDeclared: true)
    }

    func name(prefix: String) -> String { "\(prefix)-\(rawValue)" }
}
