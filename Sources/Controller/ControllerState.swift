import Model
import NeutronModel

/// What a controller knows at one revision: the configuration and Neutron's view of it. A value; holding it costs nothing.
package struct ControllerState: Sendable {
    package internal(set) var snapshot: Snapshot
    package internal(set) var neutron: NeutronIndex

    package init(snapshot: Snapshot) {
        self.snapshot = snapshot
        neutron = NeutronIndex(snapshot: snapshot)
    }
}
