import Blueprint

/// One step that brings one resource of one host about.
struct PlannedChange: Hashable {
    /// How a member of a cluster comes or goes.
    struct Step: Hashable {
        var script: String
        /// How long it may take.
        var seconds: Int
    }

    var resource: Resource
    /// What it does, for people: "start skein-etcd.service".
    var action: String
    /// It interrupts a service that runs: such hosts take their turn one after the other.
    var interrupts = false
    /// Hosts with such a step take their turn after all others of the stage, one after the other.
    var comesLast = false
    /// What is done in place of the resource's own script, when it changes a membership.
    var step: Step?

    /// The steps that a host needs in a stage.
    ///
    /// - Parameters:
    ///   - states: how its resources were found, in order.
    ///   - changedPaths: files that earlier stages of the same plan change on the host; the ones of this stage are added.
    static func changes(
        _ resources: [Resource], states: [ResourceState], changedPaths: inout Set<String>
    ) -> [PlannedChange] {
        var changes: [PlannedChange] = []
        for (resource, state) in zip(resources, states) {
            guard let change = change(resource, state, changedPaths: changedPaths) else { continue }
            changes.append(change)
            if case .file(let file) = resource, state != .access { changedPaths.insert(file.path) }
            if case .executable(let path) = resource { changedPaths.insert(path) }
        }
        return changes
    }

    private static func change(
        _ resource: Resource, _ state: ResourceState, changedPaths: Set<String>
    ) -> PlannedChange? {
        if case .service(let service) = resource {
            return serviceAction(service, state, changedPaths: changedPaths).map {
                PlannedChange(resource: resource, action: $0.action, interrupts: $0.interrupts)
            }
        }
        guard state != .present else { return nil }
        let verb = if case .missing = state { "create" } else { "change" }
        let action =
            switch resource {
            case .packages(let names):
                if case .missing(let missing) = state, !missing.isEmpty {
                    "install \(missing.joined(separator: ", "))"
                } else {
                    "install \(names.joined(separator: ", "))"
                }
            case .user(let name): "create user \(name)"
            case .directory(let path, let owner, let mode):
                state == .access
                    ? "set \(path) to \(owner) \(String(mode, radix: 8))" : "\(verb) directory \(path)"
            case .file(let file):
                state == .access
                    ? "set \(file.path) to \(file.owner) \(String(file.mode, radix: 8))"
                    : "\(verb) \(file.path)\(file.isSecret ? " (secret)" : "")"
            case .sealed(let path, _):
                state == .access ? "set \(path) to root" : "keep the deployment's secrets in \(path) (sealed)"
            case .executable(let path): "copy the executable to \(path)"
            case .service(let service): "start \(service.name)"
            case .command(let command): command.title
            }
        let interrupts = if case .command(let command) = resource { command.interrupts } else { false }
        return PlannedChange(resource: resource, action: action, interrupts: interrupts)
    }

    private static func serviceAction(
        _ service: Resource.Service, _ state: ResourceState, changedPaths: Set<String>
    ) -> (action: String, interrupts: Bool)? {
        switch state {
        case .stopped, .missing: return ("start \(service.name)", false)
        case .outdated(byReload: false): return ("restart \(service.name)", true)
        case _ where !changedPaths.isDisjoint(with: service.restartsOn): return ("restart \(service.name)", true)
        case .disabled: return ("enable \(service.name)", false)
        case .outdated: return ("reload \(service.name)", false)
        case _ where !changedPaths.isDisjoint(with: service.reloadsOn): return ("reload \(service.name)", false)
        case .unready: return ("wait until \(service.name) serves", false)
        default: return nil
        }
    }
}
