import Addressing
import Blueprint
import Testbed
import Testing

@testable import Deploy

/// What an installation does about an etcd, RabbitMQ, HAProxy, keepalived or epmd that is not its own.
@Suite struct CoexistenceRuleTests {
    private static func rule(
        _ lines: String, onSecond second: String = "", _ change: (inout Testbed) -> Void = { _ in }
    ) throws -> CoexistenceRule {
        var testbed = try PreflightTests.testbed()
        change(&testbed)
        let surveys = try [(1, lines), (2, second)].map { index, lines in
            try #require(
                HostSurvey(
                    host: "c\(index)", output: PreflightTests.output(index) + "\n" + lines, clockOffset: 0))
        }
        return CoexistenceRule(testbed: testbed, surveys: surveys)
    }

    @Test func nothingIsSaidOfItsOwn() throws {
        let own = """
            socket 127.0.0.1:4369 skein-epmd.socket
            socket 192.0.2.1:4369 skein-epmd.socket
            listener 127.0.0.1:4369 init.scope systemd
            listener 192.0.2.1:4369 skein-epmd.service epmd
            listener 192.0.2.1:25672 skein-rabbitmq.service beam.smp
            listener 192.0.2.1:2379 skein-etcd.service etcd
            listener 0.0.0.0:8082 skein-haproxy.service haproxy
            listener 192.0.2.1:18082 skein-controller.service skein
            own distribution 25672
            own port-mapper 4369
            packaged haproxy.service inactive disabled
            """
        let rule = try Self.rule(own)
        #expect(rule.errors == [] && rule.notices == [])
        #expect(rule.ports == InstallationPorts())
    }

    /// An earlier build ran Debian's units; its drop-ins tell.
    @Test func aFormerInstallationIsItsOwn() throws {
        let former = """
            former rabbitmq-server.service epmd.socket epmd.service
            former haproxy.service
            socket 127.0.0.1:4369 epmd.socket
            listener 127.0.0.1:4369 init.scope systemd
            listener 192.0.2.1:25672 rabbitmq-server.service beam.smp
            listener 0.0.0.0:8082 haproxy.service haproxy
            packaged rabbitmq-server.service active enabled
            packaged haproxy.service active enabled
            """
        let rule = try Self.rule(former)
        #expect(rule.errors == [] && rule.notices == [], "\(rule.errors) \(rule.notices)")
        #expect(rule.ports == InstallationPorts())
    }

    @Test func debiansServicesStayAndSkeinsTakeOtherPorts() throws {
        let foreign = """
            socket [::]:4369 epmd.socket
            listener *:4369 init.scope systemd
            listener 0.0.0.0:25672 rabbitmq-server.service beam.smp
            listener *:5672 rabbitmq-server.service beam.smp
            listener 127.0.0.1:2379 etcd.service etcd
            listener 127.0.0.1:2380 etcd.service etcd
            listener 0.0.0.0:8080 haproxy.service haproxy
            packaged etcd.service active enabled
            packaged rabbitmq-server.service active enabled
            packaged haproxy.service active enabled
            router 100 /etc/keepalived/keepalived.conf
            router 101 /etc/keepalived/keepalived.conf
            """
        let rule = try Self.rule(foreign)
        #expect(rule.errors == [])
        #expect(rule.ports.portMapper == 4469 && rule.ports.brokerDistribution == 25772)
        // They are on loopback, and Skein's are not.
        #expect(rule.ports.storeClient == 2379 && rule.ports.storePeer == 2380)
        #expect(rule.ports.consoleRedirect == nil)
        #expect(rule.virtualRouterIDs == [try #require(IPAddress("192.0.2.100")): 102])
        #expect(
            rule.notices.first
                == "c1: etcd.service, rabbitmq-server.service, haproxy.service of somebody else stay as they are; Skein's "
                + "run beside them")
        #expect(
            rule.notices.contains(
                "Erlang's port mapper is 4469 on every host, since 4369 is not free (c1: systemd (epmd.socket) of "
                    + "somebody else on *:4369)"), "\(rule.notices)")
    }

    /// Also when the one that clashes is on another host only: all members use the same ports.
    @Test(arguments: [
        ("listener 0.0.0.0:2379 etcd.service etcd", 2479), ("listener 192.0.2.2:2379 docker-1.scope etcd", 2479),
        ("listener *:2379 - etcd", 2479), ("listener 127.0.0.1:2379 etcd.service etcd", 2379),
        ("listener [::]:2379 etcd.service etcd", 2379),
        ("listener 0.0.0.0:2379 a.service a\nlistener 0.0.0.0:2479 b.service b", 2579),
    ]) func whatClashesIsTheAddressToo(lines: String, port: Int) throws {
        let rule = try Self.rule("", onSecond: lines)
        #expect(rule.ports.storeClient == port && rule.errors == [])
    }

    @Test func aRabbitThatDoesNotRunKeepsItsPorts() throws {
        let rule = try Self.rule("packaged rabbitmq-server.service inactive enabled")
        #expect(rule.ports.portMapper == 4469 && rule.ports.brokerDistribution == 25772)
        let unused = try Self.rule("packaged rabbitmq-server.service inactive disabled")
        #expect(unused.ports == InstallationPorts())
    }

    /// A cluster whose port changed would be two during the change.
    @Test func whatItHasItKeeps() throws {
        let kept = try Self.rule("own store-client 2479\nown distribution 25772\nown port-mapper 4469")
        #expect(kept.ports.storeClient == 2479 && kept.ports.portMapper == 4469)
        let taken = try Self.rule("own store-client 2379\nlistener 0.0.0.0:2379 etcd.service etcd")
        #expect(taken.ports.storeClient == 2379)
        #expect(
            taken.errors == [
                "c1: etcd (etcd.service) of somebody else on 0.0.0.0:2379, which is etcd's port for clients of this "
                    + "installation: stop that, or give it another port"
            ])
    }

    @Test(arguments: [
        ("listener 0.0.0.0:8082 haproxy.service haproxy", "Skein's config port clashes"),
        ("listener 10.0.0.9:9696 - haproxy", "Skein takes the place of neutron-server"),
        ("listener 192.0.2.1:5671 rabbitmq-server.service beam.smp", "RabbitMQ's port"),
        ("listener 192.0.2.1:19696 x.service x", "behind the proxy"),
        ("listener 127.0.0.1:9001 x.service x", "the proxy's health"),
        ("listener 0.0.0.0:2381 x.service x", "etcd's health"),
    ]) func whatCannotGiveWayIsRefused(line: String, words: String) throws {
        let rule = try Self.rule(line)
        #expect(rule.errors.count == 1 && rule.errors[0].hasPrefix("c1: "), "\(rule.errors)")
        #expect(rule.errors.first?.contains(words) == true, "\(rule.errors)")
        #expect(rule.errors.first?.contains("or move the role") == true, "\(rule.errors)")
    }
}
