import Foundation
import Testing

@testable import Lab

@Suite struct HostCommandTests {
    private func parameters() throws -> BootCommand.Parameters {
        let plan = try LabPlan(name: .standard)
        return BootCommand.Parameters(
            host: plan.hosts[0], name: plan.name, paths: LabPaths(plan.name),
            layers: ["/cache/openstack", "/cache/base"],
            packages: "/cache/packages", controlGroups: ["/cg/a", "/cg/b"])
    }

    @Test func nspawnGetsItsNamespaceRootAndPackages() throws {
        let arguments = BootCommand.nspawn(try parameters())
        #expect(arguments.contains("--network-namespace-path=/run/netns/skein-lab-controller1"))
        #expect(arguments.contains("--directory=/var/lib/skein-lab/lab/hosts/controller1/root"))
        #expect(arguments.contains("--bind-ro=/cache/packages:/srv/packages"))
        #expect(arguments.contains("--hostname=controller1"))
    }

    /// The control groups are joined before nspawn starts, and the layers are mounted the topmost first.
    @Test func theScriptJoinsMountsAndBecomesNspawn() throws {
        let command = BootCommand.detached(try parameters())
        #expect(command.prefix(4) == ["setsid", "--fork", "sh", "-c"])
        let script = try #require(command.last)
        let join = try #require(script.range(of: "echo $$ > /cg/b/cgroup.procs"))
        let mount = try #require(script.range(of: "lowerdir=/cache/openstack:/cache/base,"))
        let nspawn = try #require(script.range(of: "exec systemd-nspawn"))
        #expect(join.upperBound < mount.lowerBound)
        #expect(mount.upperBound < nspawn.lowerBound)
    }

    @Test func hostsKeepTheirHardwareAddresses() throws {
        let host = try LabPlan(name: .standard).hosts[0]
        #expect(
            FabricCommands.plug(host, namespace: "ns").first
                == "link add m-controller1 type veth peer name eth0 address 02:53:6b:00:77:0b netns ns")
        #expect(FabricCommands.carrier(host, .control, up: false) == "link set c-controller1 down")
        #expect(FabricCommands.stopForwarding(host, .control) == "link set dev c-controller1 state 0")
    }

    @Test(arguments: [
        ("plain-1.2_/:=,@%+", "plain-1.2_/:=,@%+"), ("", "''"), ("a b", "'a b'"), ("it's", #"'it'\''s'"#),
        ("$(x)`y`\"", "'$(x)`y`\"'"), ("'", #"''\'''"#),
    ])
    func quoting(text: String, quoted: String) { #expect(ShellText.quoted(text) == quoted) }

    @Test func hostFilesBelongToTheirKind() throws {
        let plan = try LabPlan(name: .standard)
        func paths(_ name: String) throws -> [String: HostFiles.File] {
            let files = HostFiles.files(
                try plan.host(named: name), plan: plan, authorizedKey: "KEY\n", adminPassword: "Secret0")
            return Dictionary(uniqueKeysWithValues: files.map { ($0.path, $0) })
        }
        let controller = try paths("controller1")
        #expect(controller["etc/apt/sources.list"]?.text == "deb [trusted=yes] file:/srv/packages ./\n")
        #expect(controller["etc/hosts"]?.text.contains("10.77.0.12 controller2\n") == true)
        #expect(controller["root/.ssh/authorized_keys"]?.mode == 0o600)
        // A controller is a bare host: it must not know the OpenStack administrator's password.
        #expect(!controller.values.contains { $0.text.contains("Secret0") })
        #expect(try paths("openstack")["etc/keystone/first-start.env"]?.mode == 0o600)
        #expect(try paths("client")["etc/openstack/clouds.yaml"]?.mode == 0o600)
    }
}
