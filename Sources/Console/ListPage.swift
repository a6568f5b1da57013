/// A part of a long list.
package struct ListPage<Row: Hashable & Sendable>: Hashable, Sendable {
    package var rows: [Row]
    /// How many there are in all.
    package var total: Int
    /// From 1.
    package var number: Int
    /// How many rows a full page has.
    package var size: Int
    /// Why the rows may be old; nil when they are what every controller would show.
    package var staleness: String?

    package init(rows: [Row], total: Int, number: Int, size: Int, staleness: String? = nil) {
        self.rows = rows
        self.total = total
        self.number = number
        self.size = size
        self.staleness = staleness
    }

    package var lastNumber: Int { max(1, (total + size - 1) / max(1, size)) }

    /// Cuts a page out of everything that was found; a number beyond the end gives the last one.
    package init<Item>(
        of items: [Item], number: Int, size: Int, staleness: String? = nil, row: (Item) -> Row
    ) {
        let last = max(1, (items.count + size - 1) / max(1, size))
        let number = min(max(1, number), last)
        self.init(
            rows: items.dropFirst((number - 1) * size).prefix(size).map(row), total: items.count, number: number,
            size: size, staleness: staleness)
    }
}

package struct NetworkRow: Hashable, Sendable {
    package var id: String
    package var name: String
    package var project: String
    /// Such as `vxlan 4711`.
    package var segment: String
    package var subnets: [String]
    package var portCount: Int
    package var isShared: Bool
    package var isExternal: Bool
    package var isEnabled: Bool

    package init(
        id: String, name: String, project: String, segment: String, subnets: [String], portCount: Int,
        isShared: Bool = false, isExternal: Bool = false, isEnabled: Bool = true
    ) {
        self.id = id
        self.name = name
        self.project = project
        self.segment = segment
        self.subnets = subnets
        self.portCount = portCount
        self.isShared = isShared
        self.isExternal = isExternal
        self.isEnabled = isEnabled
    }
}

package struct SubnetRow: Hashable, Sendable {
    package var id: String
    package var name: String
    package var block: String
    /// Empty for a subnet without one.
    package var gateway: String
    /// Such as `10.0.0.2 to 10.0.0.254`.
    package var pools: [String]
    package var hasDHCP: Bool

    package init(id: String, name: String, block: String, gateway: String, pools: [String], hasDHCP: Bool) {
        self.id = id
        self.name = name
        self.block = block
        self.gateway = gateway
        self.pools = pools
        self.hasDHCP = hasDHCP
    }
}

package struct NetworkDetails: Hashable, Sendable {
    package var network: NetworkRow
    package var mtu: Int
    package var subnets: [SubnetRow]
    /// Why this may be old; nil when it is what every controller would show.
    package var staleness: String?

    package init(network: NetworkRow, mtu: Int, subnets: [SubnetRow], staleness: String? = nil) {
        self.network = network
        self.mtu = mtu
        self.subnets = subnets
        self.staleness = staleness
    }
}

package struct PortRow: Hashable, Sendable {
    package var id: String
    package var name: String
    package var addresses: [String]
    package var mac: String
    package var networkID: String
    package var networkName: String
    package var deviceOwner: String
    package var deviceID: String
    /// The compute node; empty while it is not bound.
    package var host: String
    /// Neutron's word: `ACTIVE`, `DOWN`, `BUILD`, `ERROR`.
    package var status: String

    package init(
        id: String, name: String, addresses: [String], mac: String, networkID: String, networkName: String,
        deviceOwner: String = "", deviceID: String = "", host: String = "", status: String
    ) {
        self.id = id
        self.name = name
        self.addresses = addresses
        self.mac = mac
        self.networkID = networkID
        self.networkName = networkName
        self.deviceOwner = deviceOwner
        self.deviceID = deviceID
        self.host = host
        self.status = status
    }
}
