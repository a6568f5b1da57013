import Addressing
import Model
import Testing

@Suite struct KeyLayoutTests {
    @Test func `Every key is read as it was written`() throws {
        let id = ObjectID(bits: 0x1234_5678_9abc_4def_8123_4567_89ab_cdef)
        let keys: [StoreKey] = [
            .object(type: "virtual-DNS", id: id), .name(type: "tag", fqName: ["a=b"]),
            .name(type: "virtual-network", fqName: ["default-domain", "a:b", "%3A%25", "x/y", ""]),
            .reference(target: id, source: ObjectID(bits: 0)),
            .address(network: id, address: IPAddress(family: .v6, bits: 1)),
            .address(network: id, address: IPAddress(family: .v4, bits: 1)),
            .mac(network: id, address: MACAddress(bits: 1)),
            .number(.securityGroup, 8_000_001), .outbox("req-1/2"), .request("a/b"), .leader("notices"),
            .userAgentValue("k/ey"), .quota(QuotaSpace(project: id, kind: "subnet"), part: 63), .setAside("1-2-3"),
            .noticeLosses,
        ]
        for key in keys { #expect(StoreKey(path: key.path) == key) }
        #expect(Set(keys.map(\.path)).count == keys.count)
    }

    @Test func `Different names have different keys`() {
        let names = [["a:b"], ["a", "b"], ["a%3Ab"], ["a%3ab"], ["a%", "3Ab"], ["a%253Ab"], [""], ["", ""]]
        #expect(Set(names.map { StoreKey.name(type: "tag", fqName: $0).path }).count == names.count)
        for name in names {
            #expect(StoreKey(path: StoreKey.name(type: "tag", fqName: name).path) == .name(type: "tag", fqName: name))
        }
    }

    @Test func `A foreign key is none of ours`() {
        for path in [
            "", "/", "/objects", "/objects/tag/x", "/other/x", "/etc/x/y",
            "/numbers/virtual-networks/x", "//objects/tag/x", "é/requests/x", "/addresses/x/10.0.0.1", "/macs/",
            "/quotas/x/subnet/0", "/quotas/\(ObjectID(bits: 1))/subnet", "/quotas/\(ObjectID(bits: 1))/subnet/x",
            "/references/a", "/notice-losses/other",
        ] {
            #expect(StoreKey(path: path) == nil, "\(path)")
        }
    }

    @Test func `References to one object do not mix with those to another`() {
        let target = ObjectID(bits: 1)
        #expect(StoreKey.reference(target: target, source: target).path.hasPrefix(StoreKey.references(to: target)))
        #expect(
            !StoreKey.reference(target: ObjectID(bits: 0x10), source: target).path
                .hasPrefix(StoreKey.references(to: target)))
    }
}
