import Addressing
import Blueprint
import JSON
import Testbed
import Testing

@testable import Deploy

@Suite struct StatusRuleTests {
    static let host = Testbed.Host(
        hostString: "root@192.0.2.1", name: "c1", user: "root", address: "192.0.2.1",
        roles: [.cfgm, .database, .control, .collector, .webui])

    static let well = [
        "unit.skein-etcd.service": "active", "unit.skein-rabbitmq.service": "active",
        "unit.skein-haproxy.service": "active", "unit.skein-keepalived.service": "active",
        "unit.skein-vip-health.service": "active", "unit.skein-controller.service": "active",
        "ready.neutron": "ok 200", "ready.config": "ok 200", "ready.collector": "ok 200", "ready.console": "ok 200",
        "store": #"[{"Endpoint":"x","Status":{"header":{"member_id":7},"leader":7}}]"#,
        "store.health": #"{"health":"true"}"#,
        "broker": #""running rabbit@192.0.2.1;partitions 0;alarms ;""#,
        "proxy": "# neutron,FRONTEND,OPEN neutron,c1,UP neutron,c2,UP neutron,BACKEND,UP", "vip.state": "0",
        "addresses": "127.0.0.1 192.0.2.1 192.0.2.100",
    ]

    static func status(_ changes: [String: String] = [:]) -> HostStatus {
        StatusRule(host: host, answers: well.merging(changes) { $1 }, hasVirtualIP: true)
            .status(virtualIPs: ["192.0.2.100"])
    }

    static func service(_ name: String, _ changes: [String: String]) throws -> ServiceState {
        try #require(status(changes).sections.flatMap(\.services).first { $0.name == name })
    }

    /// Also while nothing of it runs: what is missing is its data, and not the others.
    @Test func aMemberWithoutDataNamesReplace() throws {
        let stopped = ["unit.skein-etcd.service": "inactive", "store": "", "store.health": ""]
        let empty = try Self.service("etcd", stopped)
        #expect(empty.state == .failed)
        #expect(empty.reason.contains("`skein replace TESTBED c1`"))
        #expect(try Self.service("etcd", stopped.merging(["store.data": "yes"]) { $1 }).state == .inactive)
    }

    @Test func twoStoresAreAProblem() {
        let testbed = MembershipRuleTests.testbed([1, 2])
        func host(_ number: Int, id: String, members: Set<String>) -> HostStatus {
            HostStatus(
                name: "c\(number)", address: "", failure: nil, sections: [], virtualIPs: [], storeID: id,
                storeMembers: members)
        }
        let own: Set = ["https://192.0.2.1:2380", "https://192.0.2.2:2380"]
        let one = [host(1, id: "a", members: own), host(2, id: "a", members: own)]
        #expect(ClusterRule.problems(testbed: testbed, hosts: one) == [])
        let two = [host(1, id: "a", members: own), host(2, id: "b", members: own)]
        #expect(ClusterRule.problems(testbed: testbed, hosts: two).first?.contains("a on c1; b on c2") == true)
        let left = [host(1, id: "a", members: own.union(["https://192.0.2.3:2380"]))]
        #expect(
            ClusterRule.problems(testbed: testbed, hosts: left).first?.contains("at https://192.0.2.3:2380") == true)
    }

    @Test func allIsWell() {
        let status = Self.status()
        #expect(status.isWell)
        #expect(status.virtualIPs == ["192.0.2.100"])
        #expect(
            status.text == """
                c1 (192.0.2.1)
                == Contrail Analytics ==
                skein-collector               active

                == Contrail Config ==
                skein-config-api              active
                skein-neutron-api             active

                == Contrail Web UI ==
                skein-console                 active

                == Contrail Database ==
                etcd                          active (leader)

                == Contrail Support Services ==
                rabbitmq-server               active
                haproxy                       active
                keepalived                    active (holds 192.0.2.100)
                skein-vip-health              active


                """)
    }

    @Test(arguments: [
        ("skein-neutron-api", ["unit.skein-controller.service": "inactive"], "inactive"),
        ("skein-neutron-api", ["ready.neutron": #"{"reason":"the store has no majority"} 503"#], "initializing"),
        ("skein-neutron-api", ["ready.neutron": "curl: (7) Failed to connect 000"], "initializing"),
        ("skein-console", ["ready.console": "curl: (28) Operation timed out 000"], "timeout"),
        ("etcd", ["store.health": #"{"health":"false"}"#], "initializing"),
        ("etcd", ["unit.skein-etcd.service": "failed"], "failed"),
        ("rabbitmq-server", ["broker": "Error: unable to perform an operation"], "initializing"),
        ("rabbitmq-server", ["broker": #""running rabbit@192.0.2.1;partitions 1;alarms ;""#], "failed"),
        (
            "rabbitmq-server",
            ["broker": #""running rabbit@192.0.2.1;partitions 0;alarms memory on rabbit@192.0.2.2;""#], "failed"
        ),
        ("haproxy", ["proxy": ""], "timeout"),
        ("haproxy", ["proxy": "neutron,c1,DOWN neutron,BACKEND,DOWN"], "failed"),
        ("haproxy", ["proxy": "neutron,c1,DOWN neutron,c2,UP neutron,BACKEND,UP"], "active"),
        ("keepalived", ["addresses": "127.0.0.1"], "backup"),
        ("keepalived", ["unit.skein-keepalived.service": "inactive"], "inactive"),
        ("skein-vip-health", ["vip.state": "1"], "failed"),
    ])
    func state(name: String, changes: [String: String], state: String) throws {
        let service = try Self.service(name, changes)
        #expect(service.state.rawValue == state)
        #expect(service.state == .active || service.state == .backup || !service.reason.isEmpty)
    }

    @Test func theReasonOfANotReadyServiceIsItsOwn() throws {
        let service = try Self.service("skein-neutron-api", ["ready.neutron": #"{"reason":"no majority"} 503"#])
        #expect(service.line == "skein-neutron-api             initializing (no majority)")
    }

    @Test(arguments: [
        (#"{"broker": {"connected": true, "blocked": null, "last_error": "it was away"}}"#, nil),
        (#"{"broker": {"connected": true, "blocked": "low on memory"}}"#, "takes no messages from it: low on memory"),
        (
            #"{"broker": {"connected": false, "blocked": null, "last_error": "refused"}}"#,
            "not connected to RabbitMQ: refused"
        ),
        (#"{"broker": null}"#, nil),
        ("", nil),
    ])
    func aBrokerThatTakesNothingIsAProblem(answer: String, problem: String?) {
        let problems = ClusterRule.problems(
            testbed: Testbed(hosts: [Self.host]), hosts: [Self.status(["status": answer])])
        #expect(problems.count == (problem == nil ? 0 : 1))
        if let problem {
            #expect(
                problems.first?.hasPrefix("notices of c1 wait") == true && problems.first?.hasSuffix(problem) == true)
        }
    }

    @Test(arguments: [
        ("", "no majority of the members"),
        (#"[{"Status":{"errors":["etcdserver: no leader"]}}]"#, "no majority of the members"),
        (
            #"[{"Status":{"errors":["memberID:1 alarm:NOSPACE "]}}]"#,
            "the store is full and takes no writes: `skein defragment TESTBED` makes room"
        ),
        (#"[{"Status":{"errors":["memberID:1 alarm:CORRUPT "]}}]"#, "memberID:1 alarm:CORRUPT "),
    ])
    func theStoreSaysWhatItLacks(answer: String, reason: String) throws {
        let service = try Self.service("etcd", ["store.health": #"{"health":"false"}"#, "store": answer])
        #expect(service.reason == reason)
    }

    @Test func answersAreReadLineByLine() {
        let answers = StatusProbe.answers("unit.a\tactive \nbroken\nproxy\ta b\tc\n")
        #expect(answers == ["unit.a": "active", "proxy": "a b\tc"])
    }

    @Test func theClusterIsJudgedAsAWhole() throws {
        let testbed = Testbed(
            hosts: [Self.host], internalVIP: .init(address: try #require(IPAddress("192.0.2.100")), virtualRouterID: 1))
        func problems(_ hosts: [HostStatus]) -> [String] { ClusterRule.problems(testbed: testbed, hosts: hosts) }
        #expect(problems([Self.status()]) == [])
        #expect(problems([Self.status(["addresses": ""])]).first?.contains("on no host") == true)
        #expect(problems([Self.status(), Self.status()]).first?.contains("at once") == true)
        let cut = Self.status(["broker": #""running rabbit@192.0.2.2;partitions 0;alarms ;""#])
        #expect(problems([cut]).first?.contains("does not see rabbit@192.0.2.1") == true)
        #expect(problems([cut]).last?.contains("rabbit@192.0.2.2, whose host is not in role cfgm") == true)
    }

    @Test func whatWasNotPublishedIsAProblemOnceForAllHosts() {
        let answer = """
            {"set_aside": {"count": 3, "bytes": 9, "since": "2026-11-22T11:05:10.000000Z"}, \
            "lost_notices": {"since": null, "history": 1, "notifications": 0, "notices": 20, "set_aside": 0}}
            """
        let hosts = [Self.status(["status": answer]), Self.status(["status": answer])]
        let problems = ClusterRule.problems(testbed: ReplacementRuleTests.testbed, hosts: hosts)
            .filter { $0.contains("notice") }
        #expect(
            problems == [
                "3 notices were set aside, because they can never be published, since 2026-11-22T11:05:10.000000Z: "
                    + "`skein notices TESTBED` shows them, and drops them",
                "20 notices were given up, because there were too many",
                "1 notice was not told to the event history, because there were too many",
            ])
        #expect(Self.status(["status": #"{"set_aside": {"count": 0}, "lost_notices": null}"#]).lostNotices == [])
        #expect(Self.status().lostNotices == nil)
    }

    @Test func objectsThatAControllerCannotReadAreAProblem() {
        let answer = """
            {"unreadable": {"count": 2, "first": [{"key": "/objects/tag/1", "reason": "it has format 2"}]}}
            """
        let problems = ClusterRule.problems(
            testbed: ReplacementRuleTests.testbed, hosts: [Self.status(["status": answer]), Self.status()])
        #expect(
            problems.filter { $0.contains("read") } == [
                "c1 cannot read 2 objects (/objects/tag/1: it has format 2): `skein unreadable TESTBED` shows them"
            ])
        #expect(Self.status(["status": #"{"unreadable": {"count": 0, "first": []}}"#]).unreadable == nil)
        #expect(UnreadableList.text(["objects": []]) == "Every object can be read.\n")
        #expect(
            UnreadableList.text(["objects": [["key": "/objects/tag/1", "reason": "it has format 2", "bytes": 9]]])
                == "/objects/tag/1  9 bytes\n    it has format 2\n")
        #expect(UnreadableList.content(["content": "ew=="]) == [UInt8(ascii: "{")])
    }

    @Test func aListOfWhatIsSetAsideIsRead() {
        let line = #"{"time":"2026-11-22T11:05:10.000000Z","reason":"it cannot be read","bytes":70}"#
        let text = SetAsideInquiry.text(ofList: "count\t60\n1-a-100000\t\(line)\n")
        #expect(
            text == """
                1-a-100000  2026-11-22T11:05:10.000000Z  70 bytes
                    it cannot be read
                and 10 newer ones

                """)
        #expect(SetAsideInquiry.text(ofList: "count\t0\n") == "No notice is set aside.\n")
        #expect(SetAsideInquiry.drop("a'; b", on: Self.host).contains(#"ctl del '/set-aside/a'\''; b'"#))
    }
}
