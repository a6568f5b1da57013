import Addressing
import HashTreeCollections
import JSON
import Ordered
import Store

/// The whole configuration at one revision, immutable and indexed. Copies share structure, so keeping one is free.
package struct Snapshot: Sendable {
    package let schema: Schema
    /// Everything up to and including this revision is in it.
    package internal(set) var revision: Revision
    /// Every object by id.
    package internal(set) var objects: TreeDictionary<ObjectID, ConfigObject> = [:]
    /// The same by resource type.
    var byType: [String: TreeDictionary<ObjectID, ConfigObject>] = [:]
    var names: TreeDictionary<TypedName, ObjectID> = [:]
    /// The objects of each type in the order of lists.
    var order: [String: OrderedSet<ListKey>] = [:]
    /// For each object, who refers to it or is its child, by the referrer's type.
    var inbound: TreeDictionary<ObjectID, [String: OrderedSet<ObjectID>]> = [:]
    var addresses: TreeDictionary<ObjectID, TreeDictionary<IPAddress, Allocation>> = [:]
    var macs: TreeDictionary<ObjectID, TreeDictionary<MACAddress, Allocation>> = [:]
    var numbers: [NumberRange: TreeDictionary<Int, Allocation>] = [:]
    /// How many there are of what is counted for projects; only positive numbers.
    package internal(set) var usages: TreeDictionary<QuotaSpace, Int> = [:]
    /// The parts of the room that is left below limits.
    var quotaRooms: TreeDictionary<QuotaSpace, TreeDictionary<Int, QuotaRoom>> = [:]
    /// The objects that cannot be read.
    package internal(set) var quarantine = Quarantine()
    /// Notices that wait for the broker.
    package internal(set) var outbox: Outbox
    /// Notices that can never be published, by the id that they had in the outbox: ``SetAsideNotice``.
    package internal(set) var setAside: TreeDictionary<String, StoredEntry> = [:]
    /// How much of notices was given up, ``NoticeLosses``; nil when nothing was.
    package internal(set) var noticeLosses: StoredEntry?
    /// Answers that a retried request gets again, by request id.
    package internal(set) var requests: TreeDictionary<String, StoredEntry> = [:]
    /// Who holds each leader's lease.
    package internal(set) var leaders: TreeDictionary<String, StoredEntry> = [:]
    package internal(set) var userAgentValues = OrderedSet<OrderedEntry<String, [UInt8]>>()

    /// An empty configuration, before the first revision.
    package init(schema: Schema, revision: Revision = .none) {
        self.schema = schema
        self.revision = revision
        outbox = Outbox(listing: revision)
    }

    /// A full name in a type.
    struct TypedName: Hashable, Sendable {
        let type: String
        let fqName: [String]
    }

    /// Who holds an address, a MAC address or a number, and since when.
    package struct Allocation: Hashable, Sendable {
        package let holder: ObjectID
        /// The revision of the key's last put.
        package let since: Revision
    }

    /// The object when it is of the given type.
    package func object(_ id: ObjectID, type: String) -> ConfigObject? {
        byType[type]?[id]
    }

    /// All objects of a type, in no order.
    package func objects(ofType type: String) -> TreeDictionary<ObjectID, ConfigObject> {
        byType[type] ?? [:]
    }

    /// The object with this full name.
    package func object(type: String, fqName: [String]) -> ConfigObject? {
        names[TypedName(type: type, fqName: fqName)].flatMap { objects[$0] }
    }

    /// The objects of one type that refer to `id` or are its children.
    package func referrers(of id: ObjectID, type: String) -> [ConfigObject] {
        (inbound[id]?[type] ?? []).compactMap { objects[$0] }
    }

    /// How many objects of one type refer to `id` or are its children.
    package func referrerCount(of id: ObjectID, type: String) -> Int {
        inbound[id]?[type]?.count ?? 0
    }

    /// Every object that refers to `id` or is its child.
    package func referrers(of id: ObjectID) -> [ConfigObject] {
        (inbound[id] ?? [:]).values.joined().compactMap { objects[$0] }
    }

    /// Who holds an address of a network.
    package func holder(of address: IPAddress, network: ObjectID) -> ObjectID? { addresses[network]?[address]?.holder }

    /// The addresses handed out in a network, with their holders.
    package func allocatedAddresses(network: ObjectID) -> TreeDictionary<IPAddress, Allocation> {
        addresses[network] ?? [:]
    }

    /// The port that uses a MAC address in a network.
    package func holder(of mac: MACAddress, network: ObjectID) -> ObjectID? { macs[network]?[mac]?.holder }

    /// Who holds a number of a range.
    package func holder(of number: Int, range: NumberRange) -> ObjectID? { numbers[range]?[number]?.holder }

    /// What is at the key of an address, a MAC address or a number; nil for other keys.
    func allocation(_ key: StoreKey) -> Allocation? {
        switch key {
        case .address(let network, let address): addresses[network]?[address]
        case .mac(let network, let address): macs[network]?[address]
        case .number(let range, let number): numbers[range]?[number]
        default: nil
        }
    }
}
