import JSON

/// The state of one service of a node, in contrail-status' words.
package struct ServiceStatus: Hashable, Sendable {
    /// What contrail-status prints behind a service's name.
    package enum State: String, Sendable {
        case active
        case initializing
        case backup
        case inactive
        case failed
    }

    /// Such as `skein-neutron-api`.
    package var name: String
    package var state: State
    /// Why it is not active; empty when it is.
    package var reason: String

    package init(name: String, state: State, reason: String = "") {
        self.name = name
        self.state = state
        self.reason = reason
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.name("name")
        writer.value(name)
        writer.name("state")
        writer.value(state.rawValue)
        writer.name("reason")
        writer.value(reason)
        writer.endObject()
    }
}
