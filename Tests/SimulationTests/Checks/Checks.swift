import Addressing
import Broker
import Controller
import HTTPService
import HashTreeCollections
import History
import JSON
import Model
import NeutronModel
import Store
import StoreContents

/// What must hold at the end of every schedule, whatever died in it.
struct Checks {
    private let world: World
    private let workload: Workload

    init(world: World, workload: Workload) {
        self.world = world
        self.workload = workload
    }

    /// Whether nothing more is going to change.
    var isSettled: Bool { unsettled.isEmpty }

    /// What has not come to rest yet.
    var unsettled: [String] {
        var reasons: [String] = []
        for controller in world.controllers {
            guard let service = controller.current?.service else { return ["\(controller.name) does not run"] }
            if let reason = service.unreadiness { reasons.append("\(controller.name): \(reason)") }
            if service.replica.state.snapshot.revision != world.store.contents.revision {
                reasons.append("\(controller.name) is behind")
            }
            if !service.replica.state.snapshot.outbox.isEmpty { reasons.append("the outbox is not empty") }
        }
        return reasons
    }

    func violations() -> [String] {
        let listing = world.store.contents.list()
        var violations = workload.oddities + ConfigurationAudit.violations(in: listing.entries)
        violations += objectViolations(in: listing)
        violations += replicaViolations(of: listing)
        switch Linearizability.check(registers, initial: nil) {
        case .linearizable: break
        case .violated(let register): violations.append("\(register) is not linearizable")
        case .undecided(let register): violations.append("\(register): the search was given up")
        }
        violations +=
            NoticeAudit(history: world.store.contents.batches(after: workload.start), messages: world.broker.messages)
            .violations
        return violations
    }

    /// The first value of a register is written by nobody in the history.
    private var registers: [RecordedRequest] {
        workload.history.map { request in
            guard case .succeeded(let value?) = request.outcome, case .read = request.operation,
                value.isEmpty || value.hasPrefix("register-")
            else { return request }
            var request = request
            request.outcome = .succeeded(nil)
            return request
        }
    }

    private func objectViolations(in listing: Listing) -> [String] {
        var present: [(name: String, id: String)] = []
        for entry in listing.entries {
            guard case .object(let type, let id) = StoreKey(path: entry.key),
                type == "virtual-network" || type == "virtual-machine-interface",
                let object = try? ConfigObject(type: type, id: id, stored: entry.value, modified: entry.modified)
            else { continue }
            present.append((object.properties["display_name"]?.stringValue ?? "", id.description))
        }
        var violations = present.filter { workload.deleted.contains($0.id) }.map {
            "\($0.name) was deleted and is there"
        }
        let lasting = workload.history.filter { request in
            guard case .create(let name) = request.operation else { return false }
            return !workload.doomed.contains(name)
        }
        let audit = ObjectAudit(of: lasting, present: present)
        violations += audit.lost.map { "\($0) was made and is lost" }
        violations += audit.doubled.map { "\($0) is there twice" }
        violations += audit.unexpected.map { "\($0) was refused and is there" }
        return violations
    }

    private func replicaViolations(of listing: Listing) -> [String] {
        var violations: [String] = []
        do {
            let fresh = ControllerState(snapshot: try Snapshot(schema: world.schema, listing: listing))
            let collections: [NeutronCollection] = [.networks, .ports]
            let lists = try collections.map { try list($0, fresh) }
            for controller in world.controllers {
                guard let state = controller.current?.service.replica.state else { continue }
                violations += ConfigurationAudit.differences(of: state.snapshot, from: fresh.snapshot)
                    .map { "\(controller.name): \($0)" }
                for (collection, expected) in zip(collections, lists) where try list(collection, state) != expected {
                    violations.append("\(controller.name): its list of \(collection.path) differs")
                }
            }
        } catch {
            violations.append("the store's content cannot be read: \(error)")
        }
        return violations
    }

    private func list(_ collection: NeutronCollection, _ state: ControllerState) throws -> [UInt8] {
        let caller = Workload.caller
        return try NeutronReader(index: state.neutron, caller: caller)
            .list(collection, query: try NeutronQuery([]), url: "").body
    }
}
