import Addressing
import HashTreeCollections
import Store
import Testing

@testable import Model

@Suite struct AllocationTests {
    private let network = ObjectID(bits: 1)
    private let holder = ObjectID(bits: 2)

    private func pool(_ first: String, _ last: String) throws -> AddressPool {
        AddressPool(first: try #require(IPAddress(first)), last: try #require(IPAddress(last)))
    }

    @Test func `Addresses come in order, without the reserved ones, until the pools are empty`() throws {
        for fromEnd in [false, true] {
            var edit = try Fixture().edit
            let pools = [try pool("10.0.0.1", "10.0.0.4"), try pool("10.0.1.8", "10.0.1.9")]
            let reserved: Set = [try #require(IPAddress("10.0.0.3"))]
            var got: [String] = []
            for _ in 0..<5 {
                got.append(
                    try edit.allocateAddress(
                        network: network, pools: pools, reserved: reserved, fromEnd: fromEnd, holder: holder
                    ).description)
            }
            #expect(
                got
                    == (fromEnd
                        ? ["10.0.0.4", "10.0.0.2", "10.0.0.1", "10.0.1.9", "10.0.1.8"]
                        : ["10.0.0.1", "10.0.0.2", "10.0.0.4", "10.0.1.8", "10.0.1.9"]))
            let error = #expect(throws: ModelError.self) {
                try edit.allocateAddress(
                    network: network, pools: pools, reserved: reserved, fromEnd: fromEnd, holder: holder)
            }
            #expect(error?.code == .exhausted)
        }
    }

    /// The other request may fail; so it is the store that decides.
    @Test func `What another request is about to take can be chosen, and once in an edit`() throws {
        let address = try #require(IPAddress("10.0.0.9"))
        let mac = MACAddress(bits: 7)
        let keys: [StoreKey] = [
            .address(network: network, address: address), .mac(network: network, address: mac),
            .number(.virtualNetwork, 77), .number(.securityGroup, 78),
        ]
        let takes: [(inout GraphEdit) throws -> Void] = [
            { try $0.allocate(address, network: network, holder: holder) },
            { try $0.allocate(mac, network: network, holder: holder) },
            { try $0.allocate(77, of: .virtualNetwork, holder: holder) },
            { try $0.allocate(78, of: .securityGroup, holder: holder) },
        ]
        var fixture = try Fixture()
        for (key, take) in zip(keys, takes) {
            var edit = GraphEdit(base: fixture.snapshot, context: fixture.context(pendingKeys: [key.path]))
            try take(&edit)
            #expect(try edit.finish().preconditions.contains(.absent(key.path)))
            let error = #expect(throws: ModelError.self) { try take(&edit) }
            #expect([.taken, .numberTaken].contains(error?.code))
        }
    }

    @Test func `A block of 2^64 addresses is no trouble, and a reversed or mixed pool gives nothing`() throws {
        var edit = try Fixture().edit
        let wide = try pool("2001:db8::", "2001:db8::ffff:ffff:ffff:ffff")
        let address = try edit.allocateAddress(
            network: network, pools: [wide], reserved: [], fromEnd: true, holder: holder)
        #expect(address == wide.last)
        let everything = try pool("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")
        #expect(
            try edit.allocateAddress(network: network, pools: [everything], reserved: [], holder: holder)
                == everything.first)
        for bad in [try pool("10.0.0.2", "10.0.0.1"), try pool("10.0.0.1", "::1")] {
            #expect(throws: ModelError.self) {
                try edit.allocateAddress(network: network, pools: [bad], reserved: [], holder: holder)
            }
        }
    }

    @Test func `Every address of a large pool can be had, with holes and after lost races`() throws {
        var fixture = try Fixture()
        let pools = [try pool("10.0.0.0", "10.0.3.255")]
        var edit = fixture.edit()
        for index in 0..<700 where index % 7 != 3 {
            edit.claim(
                .address(network: network, address: try #require(pools[0].first.advanced(by: index))), for: holder)
        }
        #expect(try fixture.commit(edit))
        var rest = GraphEdit(base: fixture.snapshot, context: fixture.context(attempt: 3))
        var got: Set<IPAddress> = []
        for _ in 0..<424 {
            got.insert(try rest.allocateAddress(network: network, pools: pools, reserved: [], holder: holder))
        }
        #expect(got.count == 424)
        #expect(throws: ModelError.self) {
            try rest.allocateAddress(network: network, pools: pools, reserved: [], holder: holder)
        }
        #expect(try fixture.commit(rest))
    }

    @Test func `Of two edits that take the same address, MAC or number the store accepts one`() throws {
        var fixture = try Fixture()
        let pools = [try pool("10.0.0.1", "10.0.0.9")]
        let takers: [(inout GraphEdit) throws -> Void] = [
            { _ = try $0.allocateAddress(network: self.network, pools: pools, reserved: [], holder: self.holder) },
            { try $0.allocate(MACAddress(bits: 7), network: self.network, holder: self.holder) },
            { _ = try $0.allocateNumber(.virtualNetwork, holder: self.holder) },
        ]
        for take in takers {
            var first = fixture.edit()
            var second = fixture.edit()
            try take(&first)
            try take(&second)
            #expect(try fixture.commit(first))
            #expect(try !fixture.commit(second))
        }
        #expect(fixture.snapshot.holder(of: 1, range: .virtualNetwork) == holder)
        #expect(fixture.snapshot.holder(of: MACAddress(bits: 7), network: network) == holder)
    }

    @Test func `Controllers that are busy do not race for the same, and leave nothing out`() throws {
        var fixture = try Fixture()
        let pools = [try pool("10.0.0.0", "10.0.0.29")]
        let shares = (0..<3).map { AllocationShare(index: $0, count: 3) }
        var edits = shares.map {
            GraphEdit(base: fixture.snapshot, context: fixture.context(pendingKeys: ["/another"], share: $0))
        }
        var taken: Set<IPAddress> = []
        for index in edits.indices {
            for _ in 0..<10 {
                let address = try edits[index].allocateAddress(
                    network: network, pools: pools, reserved: [], holder: holder)
                #expect(taken.insert(address).inserted)
            }
            #expect(try fixture.commit(edits[index]))
        }
        #expect(taken.count == 30)
    }

    @Test(arguments: [0, 1]) func `A controller takes from the others' shares when its own is empty`(index: Int) throws
    {
        var fixture = try Fixture()
        let pools = [try pool("10.0.0.0", "10.0.0.6")]
        let share = AllocationShare(index: index, count: 2)
        var edit = GraphEdit(base: fixture.snapshot, context: fixture.context(pendingKeys: ["/another"], share: share))
        let addresses = try (0..<7).map { _ in
            try edit.allocateAddress(network: network, pools: pools, reserved: [], holder: holder).description
        }
        #expect(addresses.prefix(3) == ArraySlice((0..<3).map { "10.0.0.\(2 * $0 + index)" }))
        #expect(Set(addresses).count == 7)
        #expect(throws: ModelError.self) {
            try edit.allocateAddress(network: network, pools: pools, reserved: [], holder: holder)
        }
    }

    @Test func `Requests that are decided at the same time in one controller do not choose the same`() throws {
        var fixture = try Fixture()
        let pools = [try pool("10.0.0.0", "10.0.0.59")]
        for controllers in [1, 3] {
            var taken: Set<IPAddress> = []
            for place in 1...3 {
                for index in 0..<controllers {
                    let share = AllocationShare(index: index, count: controllers).part(place)
                    var edit = GraphEdit(
                        base: fixture.snapshot, context: fixture.context(pendingKeys: ["/another"], share: share))
                    let address = try edit.allocateAddress(
                        network: network, pools: pools, reserved: [], holder: holder)
                    #expect(taken.insert(address).inserted)
                }
            }
        }
    }

    @Test func `A controller that has nothing else under way takes the lowest`() throws {
        var fixture = try Fixture()
        let share = AllocationShare(index: 2, count: 3)
        var quiet = GraphEdit(base: fixture.snapshot, context: fixture.context(share: share))
        #expect(try quiet.allocateNumber(.virtualNetwork, holder: holder) == 1)
        var beaten = GraphEdit(base: fixture.snapshot, context: fixture.context(attempt: 1, share: share))
        #expect(try beaten.allocateNumber(.virtualNetwork, holder: holder) == 3)
    }

    @Test func `What is given back is free again, in the same edit too`() throws {
        var fixture = try Fixture()
        let address = try #require(IPAddress("10.0.0.1"))
        try fixture.change { try $0.allocate(address, network: network, holder: holder) }
        #expect(throws: ModelError.self) {
            try fixture.change { try $0.allocate(address, network: network, holder: holder) }
        }
        try fixture.change { edit in
            edit.release(.address(network: network, address: address), of: holder)
            try edit.allocate(address, network: network, holder: ObjectID(bits: 9))
        }
        #expect(fixture.snapshot.holder(of: address, network: network) == ObjectID(bits: 9))
        // Taking again what one has is no change.
        try fixture.change { try $0.allocate(MACAddress(bits: 3), network: network, holder: holder) }
        try fixture.change { try $0.allocate(MACAddress(bits: 3), network: network, holder: holder) }
    }

    @Test func `Numbers are reused from the lowest`() throws {
        var fixture = try Fixture()
        for expected in 1...3 {
            #expect(try fixture.change { try $0.allocateNumber(.virtualNetwork, holder: holder) } == expected)
        }
        try fixture.change { $0.release(.number(.virtualNetwork, 2), of: holder) }
        #expect(try fixture.change { try $0.allocateNumber(.virtualNetwork, holder: holder) } == 2)
        #expect(try fixture.change { try $0.allocateNumber(.securityGroup, holder: holder) } == 8_000_001)
    }
}

extension Fixture {
    /// An empty edit, for tests that commit nothing.
    var edit: GraphEdit {
        get throws {
            var copy = self
            return copy.edit()
        }
    }
}
