import Addressing
import JSON
import Model
import Store
import StoreContents
import Testing

/// What is given back is what was seen to be held, and nothing else.
@Suite struct ReleaseTests {
    private func allocate(_ client: inout ConfigClient, _ network: String, _ count: Int = 1) throws -> [JSONValue] {
        let answer = try client.perform(.allocateAddresses(network: network, body: ["count": .integer(count)]))
        return answer.json["ip_addr"]?.arrayValue ?? []
    }

    /// The last address is freed by two requests; between them somebody else takes it.
    @Test(arguments: [true, false])
    func `A second ip-free does not release what somebody has taken meanwhile`(byPort: Bool) throws {
        var client = try ConfigClient()
        let network = try client.network("n", [ConfigClient.subnet("10.0.0.0", 29)])
        let address = try #require(try allocate(&client, network).first)
        var late = client.fixture.edit()
        let free = ConfigWrite.freeAddresses(network: network, body: ["ip_addr": [address]])
        _ = try free.decide(on: &late, origin: "")
        #expect(try client.perform(free).status == 200)
        if byPort {
            _ = try client.made(
                "instance-ip",
                [
                    "fq_name": ["ip"], "instance_ip_address": address,
                    "virtual_network_refs": [["to": ConfigClient.inProject("n")]],
                ])
        } else {
            #expect(try allocate(&client, network) == [address])
        }
        #expect(try !client.fixture.commit(late))
        try checkInvariants(client.fixture.store, schema: client.fixture.snapshot.schema)
    }

    @Test func `Only the holder gives back`() throws {
        var fixture = try Fixture()
        let (network, holder) = (ObjectID(bits: 1), ObjectID(bits: 2))
        let keys: [StoreKey] = [
            .address(network: network, address: IPAddress(family: .v4, bits: 9)),
            .mac(network: network, address: MACAddress(bits: 9)), .number(.securityGroup, 9),
        ]
        for key in keys {
            try fixture.change { $0.claim(key, for: holder) }
            try fixture.change { $0.release(key, of: network) }
            #expect(fixture.store.text(at: key.path) == holder.description)
            var late = fixture.edit()
            late.release(key, of: holder)
            // Given back by one, and taken by another one who is the same.
            try fixture.change { $0.release(key, of: holder) }
            try fixture.change { $0.claim(key, for: holder) }
            #expect(try !fixture.commit(late))
        }
    }

    @Test func `More addresses than a transaction has operations go with their network`() throws {
        var client = try ConfigClient()
        let network = try client.network("n", [ConfigClient.subnet("10.0.0.0", 18)])
        let id = try #require(ObjectID(network))
        let first = try #require(IPAddress("10.0.0.1"))
        for block in 0..<9 {
            try client.fixture.change { edit in
                for index in 0..<1000 {
                    let address = try #require(first.advanced(by: 1000 * block + index))
                    edit.claim(.address(network: id, address: address), for: id)
                }
            }
        }
        let many = JSONValue.array((0...1000).map { .string("10.0.\($0 / 256).\($0 % 256)") })
        #expect(try client.perform(.freeAddresses(network: network, body: ["ip_addr": many])).status == 400)
        #expect(try client.delete("virtual-network", network).status == 200)
        #expect(client.fixture.store.list(prefix: StoreKey.addresses(of: id)).entries == [])
    }

    @Test func `A network is not deleted under an address that a port takes`() throws {
        var client = try ConfigClient()
        let network = try client.network("n", [ConfigClient.subnet("10.0.0.0", 24)])
        var removal = client.fixture.edit()
        _ = try ConfigWrite.delete(type: "virtual-network", id: network).decide(on: &removal, origin: "")
        _ = try client.made(
            "instance-ip", ["fq_name": ["ip"], "virtual_network_refs": [["to": ConfigClient.inProject("n")]]])
        #expect(try !client.fixture.commit(removal))
        var second = client.fixture.edit()
        #expect(throws: ConfigFault.self) {
            try ConfigWrite.delete(type: "virtual-network", id: network).decide(on: &second, origin: "")
        }
    }
}
