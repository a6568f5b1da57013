import Addressing
import JSON
import Model
import NeutronModel
import Testing

@Suite struct NetworkTests {
    @Test func aNetworkIsMadeShownListedAndRemoved() throws {
        var cloud = try Cloud()
        let made = try cloud.create(.networks, ["name": "blue", "description": "the first"])
        #expect(made.status == 201)
        #expect(made["name"] == "blue")
        #expect(made["description"] == "the first")
        #expect(made["admin_state_up"] == true)
        #expect(made["status"] == "ACTIVE")
        #expect(made["shared"] == false)
        #expect(made["router:external"] == false)
        #expect(made["port_security_enabled"] == true)
        #expect(made["subnets"] == [])
        #expect(made["mtu"] == 1450)
        #expect(made["project_id"] == .string(EditContext.Caller.member.projectID))
        #expect(made["tenant_id"] == made["project_id"])
        #expect(made["revision_number"] == 1)
        #expect(made["created_at"] == made["updated_at"])
        #expect(made["provider:network_type"] == nil)
        let id = made.made
        #expect(try cloud.show(.networks, id).body == made.body)
        #expect(try cloud.list(.networks).list == [made.content])
        #expect(try cloud.delete(.networks, id).status == 204)
        #expect(try cloud.show(.networks, id).status == 404)
        #expect(try cloud.list(.networks).body == ["networks": []])
    }

    @Test func administratorsSeeTheProvider() throws {
        var cloud = try Cloud()
        let id = try cloud.create(.networks, ["name": "blue"]).made
        let shown = try cloud.show(.networks, id, as: .admin)
        #expect(shown["provider:network_type"] == "vxlan")
        #expect(shown["provider:physical_network"] == JSONValue.null)
        #expect((shown["provider:segmentation_id"]?.integerValue ?? 0) > 0)
    }

    @Test func theConfigAPIHasTheSameNetwork() throws {
        var cloud = try Cloud()
        let id = try cloud.create(.networks, ["name": "blue", "admin_state_up": false]).made
        let object = try #require(
            cloud.snapshot.object(type: "virtual-network", fqName: ["default-domain", "demo", "blue"]))
        #expect(object.id.description == id)
        #expect(!object.isEnabled)
        #expect(object.owner == EditContext.Caller.member.projectID)
        #expect(cloud.snapshot.object(type: "security-group", fqName: ["default-domain", "demo", "default"]) != nil)
    }

    @Test func twoNetworksMayHaveOneName() throws {
        var cloud = try Cloud()
        let first = try cloud.create(.networks, ["name": "blue"]).made
        let second = try cloud.create(.networks, ["name": "blue"])
        #expect(second["name"] == "blue")
        #expect(try Set(cloud.list(.networks, "name=blue").values("id")) == [first, second.made])
    }

    @Test func aNetworkChanges() throws {
        var cloud = try Cloud()
        let id = try cloud.create(.networks, ["name": "blue"]).made
        let changed = try cloud.update(.networks, id, ["name": "green", "admin_state_up": "off", "description": "x"])
        #expect(changed.status == 200)
        #expect(changed["name"] == "green")
        #expect(changed["admin_state_up"] == false)
        #expect(changed["description"] == "x")
        #expect((changed["revision_number"]?.integerValue ?? 0) > 1)
        #expect(changed["updated_at"] != changed["created_at"])
        #expect(try cloud.show(.networks, id).body == changed.body)
    }

    @Test func revisionsOrderChangesAndGuardThem() throws {
        var cloud = try Cloud()
        cloud.tick = 0
        let id = try cloud.create(.networks, [:]).made
        let first = try cloud.update(.networks, id, ["name": "a"])["revision_number"]?.integerValue ?? 0
        let second = try cloud.update(.networks, id, ["name": "b"])["revision_number"]?.integerValue ?? 0
        #expect(1 < first && first < second)
        let stale = try cloud.update(.networks, id, ["name": "c"], revision: first)
        #expect(stale.status == 412)
        #expect(stale.errorType == "RevisionNumberConstraintFailed")
        #expect(try cloud.update(.networks, id, ["name": "c"], revision: second).status == 200)
    }

    @Test func manyAreMadeAtOnceOrNone() throws {
        var cloud = try Cloud()
        let made = try cloud.post(.networks, ["networks": [["name": "a"], ["network": ["name": "b"]]]])
        #expect(made.status == 201)
        #expect(made.values("name") == ["a", "b"])
        let refused = try cloud.post(.networks, ["networks": [["name": "c"], ["name": 5]]])
        #expect(refused.status == 400)
        #expect(try cloud.list(.networks).list.count == 2)
    }

    @Test func othersSeeOnlyWhatIsShared() throws {
        var cloud = try Cloud()
        let own = try cloud.create(.networks, ["name": "own"]).made
        let shared = try cloud.create(.networks, ["name": "shared", "shared": true], as: .admin).made
        let external = try cloud.create(.networks, ["name": "external", "router:external": true], as: .admin).made
        #expect(try Set(cloud.list(.networks, as: .other).values("id")) == [shared, external])
        #expect(try Set(cloud.list(.networks).values("id")) == [own, shared, external])
        #expect(try Set(cloud.list(.networks, as: .admin).values("id")) == [own, shared, external])
        let hidden = try cloud.show(.networks, own, as: .other)
        #expect(hidden.status == 404)
        #expect(hidden.message == "Network \(own) could not be found.")
        #expect(try cloud.delete(.networks, own, as: .other).status == 404)
        let refused = try cloud.update(.networks, shared, ["name": "mine"], as: .other)
        #expect(refused.status == 403)
        #expect(refused.message == "rule:update_network is disallowed by policy")
    }

    @Test(
        arguments: [
            (["shared": true], "(rule:create_network and rule:create_network:shared) is disallowed by policy"),
            (
                ["router:external": true],
                "(rule:create_network and rule:create_network:router:external) is disallowed by policy"
            ),
            (
                ["provider:network_type": "vlan"],
                "(rule:create_network and rule:create_network:provider:network_type) is disallowed by policy"
            ),
        ] as [(JSONValue, String)])
    func administrativeAttributesAreForAdministrators(attributes: JSONValue, message: String) throws {
        var cloud = try Cloud()
        let refused = try cloud.create(.networks, attributes)
        #expect(refused.status == 403)
        #expect(refused.errorType == "PolicyNotAuthorized")
        #expect(refused.message == message)
    }

    @Test(
        arguments: [
            ([], "Body contains invalid data"),
            ([:], "Resource body required"),
            (["name": "x"], "Unable to find 'network' in request body"),
            (["network": nil], "Unable to find 'network' in request body"),
            (["network": []], "Object 'network' contains invalid data"),
            (["networks": []], "Resources required"),
            (["networks": [5]], "Object 'network' contains invalid data"),
            (["network": ["colour": 1]], "Unrecognized attribute(s) 'colour'"),
            (["network": ["id": "x"]], "Attribute 'id' not allowed in POST"),
            (["network": ["mtu": 9000]], "Attribute 'mtu' not allowed in POST"),
            (["network": ["name": 5]], "Invalid input for name. Reason: '5' is not a valid string."),
            (["network": ["name": nil]], "Invalid input for name. Reason: 'None' is not a valid string."),
            (["network": ["name": "a\nb"]], "Invalid input for name. Reason: 'a\nb' is not a valid string."),
            (
                ["network": ["admin_state_up": "perhaps"]],
                "Invalid input for operation: 'perhaps' cannot be converted to boolean."
            ),
            (
                ["network": ["project_id": "1", "tenant_id": "2"]], "'project_id' and 'tenant_id' do not match"
            ),
            (
                ["network": ["project_id": "22222222222222222222222222222222"]],
                "Specifying 'project_id' other than the authenticated project in request is not allowed for the current user."
            ),
        ] as [(JSONValue, String)])
    func badBodiesAreRefused(body: JSONValue, message: String) throws {
        var cloud = try Cloud()
        let refused = try cloud.post(.networks, body)
        #expect(refused.status == 400)
        #expect(refused.message == message)
        #expect(try cloud.list(.networks, as: .admin).list.isEmpty)
    }

    @Test func namesEndAt255Characters() throws {
        var cloud = try Cloud()
        let good = String(repeating: "ä", count: 255)
        #expect(try cloud.create(.networks, ["name": .string(good)])["name"] == .string(good))
        let refused = try cloud.create(.networks, ["name": .string(good + "a")])
        #expect(refused.message == "Invalid input for name. Reason: '\(good)a' exceeds maximum length of 255.")
    }

    @Test func administratorsWorkForOthers() throws {
        var cloud = try Cloud()
        let project = EditContext.Caller.member.projectID
        let made = try cloud.create(.networks, ["name": "x", "tenant_id": .string(project)], as: .admin)
        #expect(made["project_id"] == .string(project))
        #expect(try cloud.list(.networks).values("id") == [made.made])
    }

    @Test func aNetworkWithPortsStays() throws {
        var cloud = try Cloud()
        let (network, _) = try cloud.networkWithSubnet()
        let port = try cloud.create(.ports, ["network_id": .string(network)]).made
        let refused = try cloud.delete(.networks, network)
        #expect(refused.status == 409)
        #expect(refused.errorType == "NetworkInUse")
        #expect(
            refused.message
                == "Unable to complete operation on network \(network). There are one or more ports still in use on the network."
        )
        #expect(try cloud.delete(.ports, port).status == 204)
        #expect(try cloud.delete(.networks, network).status == 204)
    }

    @Test(
        arguments: [
            (["provider:network_type": "vlan", "provider:physical_network": "p", "provider:segmentation_id": 7], 7),
            (["provider:network_type": "flat", "provider:physical_network": "p"], nil),
        ] as [(JSONValue, Int?)])
    func networksOnPhysicalOnes(attributes: JSONValue, tag: Int?) throws {
        var cloud = try Cloud()
        let made = try cloud.create(.networks, attributes, as: .admin)
        #expect(made["provider:network_type"] == attributes["provider:network_type"])
        #expect(made["provider:physical_network"] == "p")
        #expect(made["provider:segmentation_id"] == tag.map { .integer($0) } ?? .null)
    }

    /// A VNI that an administrator chooses is of the same numbers as those that networks get.
    @Test func aSegmentIsChosenOnce() throws {
        var cloud = try Cloud()
        func vxlan(_ number: Int) -> JSONValue {
            ["provider:network_type": "vxlan", "provider:segmentation_id": .integer(number)]
        }
        let made = try cloud.create(.networks, vxlan(7000), as: .admin)
        #expect(made["provider:segmentation_id"] == 7000)
        let given = try cloud.create(.networks, [:], as: .admin)["provider:segmentation_id"]?.integerValue ?? 0
        for taken in [7000, given] {
            let refused = try cloud.create(.networks, vxlan(taken), as: .admin)
            #expect(refused.status == 409)
            #expect(refused.errorType == "TunnelIdInUse")
            #expect(refused.message == "Unable to create the network. The tunnel ID \(taken) is in use.")
        }
        let twice = try cloud.post(.networks, ["networks": [vxlan(7002), vxlan(7002)]], as: .admin)
        #expect(twice.status == 409 && twice.errorType == "TunnelIdInUse")
        #expect(try cloud.create(.networks, vxlan(16_777_216), as: .admin).status == 400)
        #expect(try cloud.create(.networks, vxlan(7001)).status == 403)
        #expect(try cloud.delete(.networks, made.made, as: .admin).status == 204)
        #expect(try cloud.create(.networks, vxlan(7000), as: .admin).status == 201)
    }
}
