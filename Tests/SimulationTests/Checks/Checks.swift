import Addressing
import Broker
import Controller
import HTTPService
import HashTreeCollections
import History
import JSON
import Model
import NeutronModel
import Simulator
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
    var isSettled: Bool {
        guard world.store.commitsUnderWay == 0 else { return false }
        return world.controllers.allSatisfy { controller in
            guard let service = controller.current?.service else { return false }
            let snapshot = service.replica.state.snapshot
            return snapshot.revision == world.store.contents.revision && snapshot.outbox.isEmpty
                && service.unreadiness == nil
        }
    }

    /// What has not come to rest yet.
    var unsettled: [String] {
        var reasons: [String] = []
        if world.store.commitsUnderWay > 0 { reasons.append("commits are on their way to the store") }
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
        violations += workload.ledger.violations(held: addressesHeld(in: listing))
        if let project = ObjectID(Workload.caller.projectID) {
            violations += QuotaAudit(contents: workload.cloud.contents, project: project)
                .violations(in: world.store.log)
        }
        violations += NoticeAudit(log: world.store.log, messages: world.broker.messages).violations
        violations += LeadershipAudit(log: world.store.log).violations
        violations += listingViolations
        return violations
    }

    /// Whoever takes over goes on with what it knows: the store is listed once in a process's life, and again only
    /// when its watch has lost its place.
    private var listingViolations: [String] {
        world.controllers.flatMap(\.incarnations).compactMap { incarnation in
            let (listings, allowed) = (incarnation.store.listings, 1 + incarnation.store.lostPlaces)
            guard listings > allowed else { return nil }
            return "\(incarnation.process.name) listed the store \(listings) times, with reason for \(allowed)"
        }
    }

    /// The addresses of the pool that belong to no port.
    private func addressesHeld(in listing: Listing) -> Set<String> {
        Set(
            listing.entries.compactMap { entry in
                guard case .address(let network, let address) = StoreKey(path: entry.key),
                    network.description == workload.cloud.pool, Array(workload.cloud.pool.utf8) == entry.value
                else { return nil }
                return address.description
            })
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
                ["virtual-network", "virtual-machine-interface", "security-group"].contains(type),
                let object = try? ConfigObject(type: type, id: id, stored: entry.value, modified: entry.modified)
            else { continue }
            present.append((object.properties["display_name"]?.stringValue ?? "", id.description))
        }
        var violations = present.filter { workload.deleted.contains($0.id) }.map {
            "\($0.name) was deleted and is there"
        }
        // Also when it was deleted meanwhile: nobody gives a name twice.
        let answered = Dictionary(
            workload.history.compactMap { request -> (String, String)? in
                guard case .create(let name) = request.operation, case .succeeded(let id?) = request.outcome
                else { return nil }
                return (name, id)
            }, uniquingKeysWith: { first, _ in first })
        violations += present.filter { answered[$0.name] ?? $0.id != $0.id }.map {
            "\($0.name) is there under another id than was answered"
        }
        let lasting = workload.history.filter { request in
            guard case .create(let name) = request.operation else { return false }
            return !workload.doomed.contains(name)
        }
        // Of a large request all is made or nothing.
        let many = Dictionary(grouping: lasting.compactMap(\.createdName).filter { $0.hasPrefix("bulk-") }) {
            $0[..<($0.lastIndex(of: "-") ?? $0.endIndex)]
        }
        let names = Set(present.map(\.name))
        violations += many.filter { _, all in Set(all.map(names.contains)).count > 1 }.map { "\($0.key) is half made" }
        let audit = ObjectAudit(of: lasting, present: present)
        violations += audit.lost.map { "\($0) was made and is lost" }
        violations += audit.doubled.map { "\($0) is there twice" }
        violations += audit.unexpected.map { "\($0) was refused and is there" }
        return violations
    }

    private func replicaViolations(of listing: Listing) -> [String] {
        var violations: [String] = []
        do {
            let fresh = ControllerState(snapshot: Snapshot(schema: world.schema, listing: listing))
            let collections: [NeutronCollection] = [.networks, .ports, .securityGroups]
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

extension RecordedRequest {
    fileprivate var createdName: String? {
        guard case .create(let name) = operation else { return nil }
        return name
    }
}
