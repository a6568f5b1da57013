import Addressing
import Blueprint
import Foundation
import Testbed
import Testing

/// What is written to the first controller of the requirement's testbed, compared with files beside this one.
/// After a wanted change: `SKEIN_UPDATE_GOLDEN=1 swift test --filter GoldenFileTests`, and read the difference.
@Suite struct GoldenFileTests {
    @Test(arguments: [
        (DeploymentPath.proxyConfiguration, "haproxy.cfg"),
        (DeploymentPath.keepalivedConfiguration, "keepalived.conf"),
        (DeploymentPath.storeConfiguration, "etcd.yaml"),
        (DeploymentPath.brokerConfiguration, "rabbitmq.conf"),
        (DeploymentPath.brokerEnvironment, "rabbitmq-env.conf"),
        (DeploymentPath.brokerDefinitions, "broker-definitions.json"),
        (DeploymentPath.controller, "controller.json"),
        (DeploymentPath.vipHealth, "vip-health.json"),
        ("/etc/systemd/system/skein-etcd.service", "skein-etcd.service"),
        ("/etc/systemd/system/skein-controller.service", "skein-controller.service"),
        ("/etc/systemd/system/skein-vip-health.service", "skein-vip-health.service"),
        ("/etc/systemd/system/skein-keepalived.service", "skein-keepalived.service"),
        ("/etc/systemd/system/skein-haproxy.service", "skein-haproxy.service"),
        ("/etc/systemd/system/skein-rabbitmq.service", "skein-rabbitmq.service"),
        (DeploymentPath.vipFallback, "vip-fallback"),
        (DeploymentPath.brokerWatch, "broker-watch"),
        ("/etc/systemd/system/skein-broker-watch.timer", "skein-broker-watch.timer"),
        ("/etc/systemd/system/skein-broker-watch.service", "skein-broker-watch.service"),
        ("/etc/systemd/system/skein-epmd.socket", "skein-epmd.socket"),
        ("/etc/systemd/system/skein-epmd.service", "skein-epmd.service"),
        (DeploymentPath.brokerControl, "skein-rabbitmqctl"),
    ])
    func file(path: String, golden name: String) throws {
        let blueprint = try Fixture.blueprint(Fixture.testbed())
        let file = try #require(blueprint.file(path, "c1"))
        let golden = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/\(name)")
        if ProcessInfo.processInfo.environment["SKEIN_UPDATE_GOLDEN"] != nil {
            try FileManager.default.createDirectory(
                at: golden.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(file.content.utf8).write(to: golden)
        }
        #expect(try String(contentsOf: golden, encoding: .utf8) == file.content)
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/sbin/haproxy")))
    func haproxyAcceptsItsConfiguration() throws {
        let blueprint = try Fixture.blueprint(Fixture.testbed())
        let file = try #require(blueprint.file(DeploymentPath.proxyConfiguration, "c1"))
        let text = file.content.replacing(DeploymentPath.authority, with: "/etc/ssl/certs/ca-certificates.crt")
        let result = try run("haproxy -c -f \"$1\"", on: text)
        #expect(result.status == 0, "\(result.output)")
        #expect(!result.output.contains("WARNING"), "\(result.output)")
    }

    @Test func theBrokerWatchIsValidShell() throws {
        let file = try #require(Fixture.blueprint(Fixture.testbed()).file(DeploymentPath.brokerWatch, "c1"))
        #expect(try run("bash -n \"$1\"", on: file.content).status == 0)
    }

    /// The program that keepalived asks: the health writer's word while there is one, else the proxy's own.
    @Test func theFallbackAsksTheProxyOnlyWithoutAHealthWriter() throws {
        let file = try #require(Fixture.blueprint(Fixture.testbed()).file(DeploymentPath.vipFallback, "c1"))
        let folder = FileManager.default.temporaryDirectory.appending(path: "skein-fallback-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let state = folder.appending(path: "vip.state").path()
        // Nothing listens on port 1: the proxy is dead.
        let text = file.content.replacing(DeploymentPath.vipState, with: state)
            .replacing(":\(ServicePort.proxyHealth)/", with: ":1/")
        #expect(try run("sh \"$1\"", on: text).status != 0)
        try Data("0\n".utf8).write(to: URL(filePath: state))
        #expect(try run("sh \"$1\"", on: text).status == 0)
        #expect(try run("touch -d '-10 seconds' \(state); sh \"$1\"", on: text).status != 0)
    }

    /// keepalived looks for the interfaces and for its program, so it gets namespaces that have them.
    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/sbin/keepalived") && geteuid() == 0))
    func keepalivedAcceptsItsConfiguration() throws {
        let blueprint = try Fixture.blueprint(Fixture.testbed())
        let file = try #require(blueprint.file(DeploymentPath.keepalivedConfiguration, "c1"))
        let result = try run(
            """
            exec unshare -mn sh -ceu 'mount -t tmpfs -o mode=755 skein /usr/local/lib; mkdir -m 755 /usr/local/lib/skein
            printf "#!/bin/sh\n" > \(DeploymentPath.vipFallback); chmod 755 \(DeploymentPath.vipFallback)
            ip link add eth0 type veth peer name eth1; ip link set eth0 up; ip link set eth1 up
            ip address add 10.88.125.1/24 dev eth0; ip address add 172.16.41.1/24 dev eth1
            keepalived --config-test --use-file "$1"' _ "$1"
            """, on: file.content)
        #expect(result.status == 0, "\(result.output)")
        #expect(result.output.isEmpty, "\(result.output)")
    }

    /// Runs a shell script with the path of a temporary file in `$1`.
    private func run(_ script: String, on content: String) throws -> (status: Int32, output: String) {
        let path = FileManager.default.temporaryDirectory.appending(path: "skein-golden-\(UUID().uuidString)")
        try Data(content.utf8).write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-ceu", script, "sh", path.path()]
        var environment = ProcessInfo.processInfo.environment
        environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
        process.environment = environment
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }
}
