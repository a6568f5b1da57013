import Model

/// Neutron's view of a snapshot: networks, subnets, ports, security groups and rules as Neutron shows them, kept up to
/// date change by change.
package struct NeutronIndex: Sendable {
    package init(snapshot: Snapshot) {}

    /// Takes the changes that led to `snapshot`.
    package mutating func apply(_ changes: [ObjectChange], snapshot: Snapshot) {}
}
