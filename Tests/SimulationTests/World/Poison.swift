import Broker
import Model
import SeededChance
import Simulator
import Store
import Time

/// Notices that can never be published, put into the outbox as a faulty writer would: some that nobody can read, and some
/// that the broker refuses.
struct Poison {
    private let world: World
    /// An object that has other notices as well, which must go on.
    private let object: String

    init(world: World, object: String) {
        self.world = world
        self.object = object
    }

    /// Whether an entry of the outbox is such a one.
    static func isPoison(_ key: String) -> Bool { key.hasPrefix(StoreKey.outbox(SimulatedBroker.poison).path) }

    /// Puts a few of them within the time, by chance none.
    func spread(within span: SimulatedTime) {
        for number in 0..<world.scheduler.chance.number(below: 4) {
            world.scheduler.after(world.scheduler.chance.time(0...span)) { put(number) }
        }
    }

    private func put(_ number: Int) {
        guard !world.isOver else { return }
        let id = "\(SimulatedBroker.poison)-\(number)"
        let notice = Notice(
            id: id, order: id, objectType: "virtual-network", objectID: object, operation: .update, fqName: ["a"],
            requestID: id, time: Timestamp(microseconds: 0))
        let isReadable = world.scheduler.chance.happens(0.5)
        let change = Change.put(StoreKey.outbox(id).path, isReadable ? notice.bytes : Array("{".utf8))
        let connection = StoreConnection(store: world.store, process: world.outside)
        // Nobody asks what became of it.
        Task(executorPreference: world.outside) { _ = try? await connection.commit(Transaction(changes: [change])) }
    }
}
