import Addressing
import HashTreeCollections
import JSON
import Model
import NeutronModel
import Testing

/// What several ports use stays as long as one of them does.
@Suite struct SharedAddressTests {
    /// Two ports, of which the second one shares the address of the first, as Contrail's active-standby pairs do.
    private func pair(
        _ cloud: inout Cloud
    ) throws -> (first: String, second: String, address: JSONValue, subnet: String) {
        let (network, subnet) = try cloud.networkWithSubnet()
        let first = try cloud.create(.ports, ["network_id": .string(network)])
        let second = try cloud.create(.ports, ["network_id": .string(network), "fixed_ips": []]).made
        let holder = try #require(cloud.snapshot.objects(ofType: "instance-ip").keys.first)
        var edit = cloud.edit(.admin)
        _ = try ConfigWrite.updateReference(
            body: [
                "type": "instance-ip", "uuid": .string(holder.description), "ref-type": "virtual-machine-interface",
                "ref-uuid": .string(second), "operation": "ADD",
            ]
        ).decide(on: &edit, origin: "")
        #expect(try cloud.commit(edit))
        let address = try #require(first["fixed_ips"]?.arrayValue?.first)
        #expect(try cloud.show(.ports, second)["fixed_ips"] == [address])
        return (first.made, second, address, subnet)
    }

    @Test func `Deleting a port leaves the other one its address`() throws {
        var cloud = try Cloud()
        let (first, second, address, _) = try pair(&cloud)
        #expect(try cloud.delete(.ports, first).status == 204)
        #expect(try cloud.show(.ports, second)["fixed_ips"] == [address])
        #expect(try cloud.delete(.ports, second).status == 204)
        #expect(cloud.snapshot.objects(ofType: "instance-ip").isEmpty)
    }

    @Test func `Other addresses of a port leave the other one its address`() throws {
        var cloud = try Cloud()
        let (first, second, address, _) = try pair(&cloud)
        let changed = try cloud.update(.ports, first, ["fixed_ips": [["ip_address": "10.0.0.77"]]])
        #expect(changed["fixed_ips"]?.arrayValue?.map { $0["ip_address"] } == ["10.0.0.77"])
        #expect(try cloud.show(.ports, second)["fixed_ips"] == [address])
        #expect(try cloud.update(.ports, second, ["fixed_ips": []])["fixed_ips"] == [])
        #expect(cloud.snapshot.objects(ofType: "instance-ip").count == 1)
    }

    @Test func `A subnet goes with an address that two DHCP servers share`() throws {
        var cloud = try Cloud()
        let (first, second, _, subnet) = try pair(&cloud)
        for port in [first, second] {
            #expect(try cloud.update(.ports, port, ["device_owner": "network:dhcp"], as: .admin).status == 200)
        }
        #expect(try cloud.delete(.subnets, subnet).status == 204)
        #expect(cloud.snapshot.objects(ofType: "instance-ip").isEmpty)
        #expect(try cloud.list(.ports).list.count == 2)
    }
}
