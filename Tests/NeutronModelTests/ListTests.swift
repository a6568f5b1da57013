import Addressing
import JSON
import Model
import NeutronModel
import Testing

@Suite struct ListTests {
    /// Five networks named a to e, in the order of their names.
    private func five() throws -> (cloud: Cloud, ids: [String: String]) {
        var cloud = try Cloud()
        var ids: [String: String] = [:]
        for name in ["c", "a", "e", "b", "d"] {
            ids[name] = try cloud.create(
                .networks, ["name": .string(name), "admin_state_up": .bool(name < "c")]
            ).made
        }
        return (cloud, ids)
    }

    @Test(
        arguments: [
            ("name=a", ["a"]), ("name=a&name=d", ["a", "d"]), ("name=x", []), ("name=", []),
            ("admin_state_up=True", ["a", "b"]), ("admin_state_up=false", ["c", "d", "e"]),
            ("admin_state_up=1&name=b&name=c", ["b"]), ("status=ACTIVE", ["a", "b", "c", "d", "e"]),
            ("status=DOWN", []), ("project_id=11111111111111111111111111111111", ["a", "b", "c", "d", "e"]),
            ("tenant_id=22222222222222222222222222222222", []), ("project_id=nonsense", []), ("id=nonsense", []),
            ("shared=False&router:external=false", ["a", "b", "c", "d", "e"]),
            ("mtu=1450", ["a", "b", "c", "d", "e"]), ("provider:physical_network=None", ["a", "b", "c", "d", "e"]),
            ("changed_since=2020-01-01T00:00:00Z", ["a", "b", "c", "d", "e"]),
            ("changed_since=2100-01-01T00:00:00", []), ("revision_number=1", ["a", "b", "c", "d", "e"]),
        ] as [(String, [String])])
    func filters(query: String, names: [String]) throws {
        let (cloud, _) = try five()
        #expect(try cloud.list(.networks, query).values("name").sorted() == names)
        #expect(try cloud.list(.networks, query, as: .admin).values("name").sorted() == names)
    }

    @Test func byID() throws {
        let (cloud, ids) = try five()
        let query = "id=\(ids["a"] ?? "")&id=\(ids["d"] ?? "")&id=99999999-9999-4999-8999-999999999999"
        #expect(try cloud.list(.networks, query).values("name").sorted() == ["a", "d"])
        #expect(try cloud.list(.networks, query, as: .other).list.isEmpty)
    }

    @Test(
        arguments: [
            ("colour=red", "['colour'] is invalid attribute for filtering"),
            // Whoever deletes what a filter returns would delete everything.
            ("tags=x", "['tags'] is invalid attribute for filtering"),
            ("tags-any=x", "['tags-any'] is invalid attribute for filtering"),
            ("not-tags=x&not-tags-any=y", "['not-tags', 'not-tags-any'] is invalid attribute for filtering"),
            ("Name=a", "['Name'] is invalid attribute for filtering"),
            ("colour=red&shape=round", "['colour', 'shape'] is invalid attribute for filtering"),
            ("subnets=x", "['subnets'] is invalid attribute for filtering"),
            ("admin_state_up=perhaps", "Invalid input for operation: 'perhaps' cannot be converted to boolean."),
            ("mtu=large", "Invalid input for operation: 'large' is not an integer."),
            ("limit=-1", "Bad limit request: Limit must be an integer 0 or greater and not '-1'."),
            ("limit=many", "Bad limit request: Limit must be an integer 0 or greater and not 'many'."),
            ("sort_key=name", "The number of sort_keys and sort_dirs must be same"),
            ("sort_key=colour&sort_dir=asc", "['colour'] is invalid attribute for sort_keys"),
            (
                "sort_key=name&sort_dir=up",
                "['up'] is invalid value for sort_dirs, valid value is 'asc' and 'desc'"
            ),
            (
                "changed_since=yesterday",
                "The input changed_since must be in the following format: YYYY-MM-DDTHH:MM:SS[Z]"
            ),
        ] as [(String, String)])
    func badQueriesAreRefused(query: String, message: String) throws {
        let (cloud, _) = try five()
        let refused = try cloud.list(.networks, query)
        #expect(refused.status == 400)
        #expect(refused.message == message)
    }

    @Test func fields() throws {
        let (cloud, ids) = try five()
        let list = try cloud.list(.networks, "fields=id&fields=name&name=a&fields=nonsense")
        #expect(list.body == ["networks": [["id": .string(ids["a"] ?? ""), "name": "a"]]])
        #expect(try cloud.show(.networks, ids["a"] ?? "", ["segments"]).body == ["network": [:]])
        #expect(try cloud.show(.networks, ids["a"] ?? "", ["provider:network_type"]).body == ["network": [:]])
        #expect(
            try cloud.show(.networks, ids["a"] ?? "", ["provider:network_type"], as: .admin).body
                == ["network": ["provider:network_type": "vxlan"]])
    }

    @Test func sorting() throws {
        let (cloud, ids) = try five()
        let names = { (query: String) in try cloud.list(.networks, query).values("name") }
        #expect(try names("sort_key=name&sort_dir=asc") == ["a", "b", "c", "d", "e"])
        #expect(try names("sort_key=name&sort_dir=desc") == ["e", "d", "c", "b", "a"])
        #expect(
            try names("sort_key=admin_state_up&sort_dir=desc&sort_key=name&sort_dir=asc") == ["a", "b", "c", "d", "e"])
        #expect(
            try names("sort_key=admin_state_up&sort_dir=asc&sort_key=name&sort_dir=desc") == ["e", "d", "c", "b", "a"])
        #expect(try cloud.list(.networks).values("id") == ids.values.sorted())
    }

    /// Following the links gives every object once, forwards and backwards.
    @Test(arguments: [1, 2, 3, 5, 7])
    func pages(limit: Int) throws {
        let (cloud, _) = try five()
        let start = "sort_key=name&sort_dir=asc&limit=\(limit)"
        var names: [String] = []
        var query: String? = start
        var last = start
        while let current = query {
            let reply = try cloud.list(.networks, current)
            names += reply.values("name")
            if !reply.list.isEmpty { last = current }
            query = link("next", reply)
        }
        #expect(names == ["a", "b", "c", "d", "e"])
        var back: [String] = []
        query = link("previous", try cloud.list(.networks, last))
        while let current = query {
            let reply = try cloud.list(.networks, current)
            back = reply.values("name") + back
            query = link("previous", reply)
        }
        #expect(back == Array(names.prefix(back.count)))
        #expect(back.count >= 5 - limit)
    }

    @Test func aMarkerMustExist() throws {
        var (cloud, _) = try five()
        let refused = try cloud.list(.networks, "limit=2&marker=99999999-9999-4999-8999-999999999999")
        #expect(refused.status == 404)
        for query in ["limit=0&marker=nonsense", "marker=nonsense"] {
            #expect(try cloud.list(.networks, query).status == 404)
        }
        let (_, subnet) = try cloud.networkWithSubnet()
        #expect(try cloud.list(.networks, "limit=2&marker=\(subnet)").status == 404)
        #expect(try cloud.list(.networks, "limit=2").body["networks_links"]?.arrayValue?.count == 2)
        #expect(try cloud.list(.networks).body["networks_links"] == nil)
    }

    @Test func portsByWhatTheyHave() throws {
        var cloud = try Cloud()
        let (network, subnet) = try cloud.networkWithSubnet()
        let (other, _) = try cloud.networkWithSubnet("10.9.0.0/24")
        let first = try cloud.create(
            .ports, ["network_id": .string(network), "name": "x", "mac_address": "fa:16:3e:00:00:01"]
        ).made
        let second = try cloud.create(
            .ports, ["network_id": .string(network), "device_owner": "network:dhcp", "device_id": "dhcp1"]
        ).made
        let third = try cloud.create(.ports, ["network_id": .string(other)]).made
        let ids = { (query: String) in try Set(cloud.list(.ports, query).values("id")) }
        #expect(try ids("network_id=\(network)") == [first, second])
        #expect(try ids("network_id=\(network)&device_owner=network:dhcp") == [second])
        #expect(try ids("device_id=dhcp1") == [second])
        #expect(try ids("device_id=") == [first, third])
        #expect(try ids("mac_address=FA-16-3E-00-00-01") == [first])
        #expect(try ids("mac_address=nonsense") == [])
        #expect(try ids("fixed_ips=ip_address=10.0.0.2") == [first])
        #expect(try ids("fixed_ips=subnet_id=\(subnet)") == [first, second])
        #expect(try ids("fixed_ips=subnet_id=\(subnet)&fixed_ips=ip_address=10.0.0.3") == [second])
        #expect(try ids("fixed_ips=ip_address=10.0.0.2&fixed_ips=ip_address=10.9.0.2") == [first, third])
        #expect(try ids("fixed_ips=ip_address_substr=0.0.") == [first, second])
        #expect(try ids("name=") == [second, third])
        #expect(try ids("status=DOWN&admin_state_up=yes") == [first, second, third])
        let bad = try cloud.list(.ports, "fixed_ips=10.0.0.2")
        #expect(bad.message == "Invalid input for operation: '10.0.0.2' is not of the form <key>=[value].")
        #expect(try cloud.list(.ports, "device_id=nobody").body == ["ports": []])
    }

    @Test func subnetsByWhatTheyHave() throws {
        var cloud = try Cloud()
        let (network, first) = try cloud.networkWithSubnet()
        let second = try cloud.create(
            .subnets, ["network_id": .string(network), "ip_version": 6, "cidr": "2001:db8::/64", "gateway_ip": nil]
        ).made
        let ids = { (query: String) in try Set(cloud.list(.subnets, query).values("id")) }
        #expect(try ids("ip_version=6") == [second])
        #expect(try ids("cidr=10.0.0.0/24") == [first])
        #expect(try ids("gateway_ip=10.0.0.1") == [first])
        #expect(try ids("gateway_ip=None") == [second])
        #expect(try ids("enable_dhcp=true&network_id=\(network)") == [first, second])
        #expect(try ids("shared=false") == [first, second] && ids("shared=true").isEmpty)
        #expect(try cloud.list(.subnets, "fields=shared").list == [[:], [:]])
    }

    /// The query of the link with this relation.
    private func link(_ relation: String, _ reply: Reply) -> String? {
        let links = reply.body["networks_links"]?.arrayValue ?? []
        let address = links.first { $0["rel"] == .string(relation) }?["href"]?.stringValue
        return address.flatMap { $0.split(separator: "?").last.map(String.init) }
    }
}
