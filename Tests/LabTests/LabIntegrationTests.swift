import FoundationEssentials
import Glibc
import Testing

@testable import Lab

/// A real lab of two hosts: booted, reached, broken in every way, healed, and gone without a trace.
///
/// Takes about half a minute with images in the cache; runs as root with `SKEIN_LAB_TESTS=1`.
@Suite(.serialized, .enabled(if: geteuid() == 0 && ProcessInfo.processInfo.environment["SKEIN_LAB_TESTS"] == "1"))
struct LabIntegrationTests {
    /// The lab's name has the process in it: two runs on one machine must not meet.
    private static func options() throws -> LabUp.Options {
        let name = try #require(LabName("t\(getpid())"))
        // The tests' executable is beside the product's.
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let executable = try #require(tests.lastIndex(of: "/").map { "\(tests[..<$0])/skein" })
        return LabUp.Options(
            plan: try LabPlan(name: name, controllers: 2, withOpenStack: false),
            directory: "/tmp/skein-lab-test-\(getpid())",
            executable: LabFiles.exists(executable) ? executable : ".build/debug/skein")
    }

    private static func withLab(_ body: (Lab, LabUp.Options) async throws -> Void) async throws {
        let options = try options()
        let name = options.plan.name
        let directory = options.directory
        try LabFiles.makeDirectory(directory)
        let outcome: Result<Void, any Error>
        do {
            let lab = try await LabUp.run(options) { print("lab: \($0)") }
            outcome = .success(try await body(lab, options))
        } catch {
            outcome = .failure(error)
        }
        // Gone also after a failure; and a second removal finds nothing.
        let found = try await LabDown.run(name, wipe: false)
        #expect(LabDown.leftovers(name) == [])
        #expect(try await LabDown.run(name, wipe: false) == false)
        #expect(LabFiles.names(in: directory) == [])
        #expect(!LabFiles.exists(LabLock.path(name)))
        try LabFiles.remove(directory)
        try outcome.get()
        #expect(found)
    }

    /// Whether one host reaches another; asked until the answer is the expected one or 5 s are over.
    private func expect(_ from: LabHost, reaches address: String, _ expected: Bool, _ comment: Comment) async throws {
        do {
            try await Poll.until("ping", within: .seconds(5), every: .zero) {
                let ping = try from.inside(["ping", "-q", "-c", "1", "-W", "0.3", address])
                return try await Command.result(ping).succeeded == expected
            }
        } catch let error as LabError where error.code == .timedOut {
            Issue.record(comment)
        }
    }

    /// Interrupted while its hosts boot, `up` removes what it began.
    @Test func anInterruptedStartLeavesNothing() async throws {
        let options = try Self.options()
        let (reports, continuation) = AsyncStream.makeStream(of: String.self)
        let task = Task { try await LabUp.run(options) { continuation.yield($0) } }
        for await report in reports where report.hasPrefix("made the networks") {
            #expect(LabDown.leftovers(options.plan.name) != [])
            task.cancel()
            break
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(LabDown.leftovers(options.plan.name) == [])
        #expect(!LabFiles.exists(LabLock.path(options.plan.name)))
        #expect(!LabFiles.exists(options.directory))
    }

    /// What `up` does while another command works on the lab, and what is said of a lab that is not there.
    @Test func onlyOneCommandAtATime() async throws {
        let options = try Self.options()
        let name = options.plan.name
        let lock = try LabLock.lab(name)
        let busy = await #expect(throws: LabError.self) { try await LabUp.run(options) { _ in } }
        #expect(busy?.code == .busy)
        lock.removeFile()
        lock.release()
        let missing = #expect(throws: LabError.self) { try Lab.open(name) }
        #expect(missing?.code == .notFound)
    }

    @Test func aWholeLife() async throws {
        try await Self.withLab { lab, options in
            let first = try lab.host("controller1")
            let second = try lab.host("controller2")
            #expect(try await LabStatus.read(lab).isWhole)
            #expect(LabFiles.text("\(options.directory)/.lab/testbed.py")?.contains("root@10.77.0.11") == true)

            // As the deployer does: SSH with the lab's key, packages from the local repository, a service running.
            let installed = try await Command.result(
                first.ssh("apt-get -q update && apt-get -q -y install haproxy && systemctl is-active haproxy"))
            #expect(installed.succeeded, "\(installed.errors)")
            #expect(installed.output.hasSuffix("active\n"))

            try await forwardsReachTheHost(lab, options)
            try await links(first, second)
            try await units(first)
            try await power(first, second)

            // Again on a lab that is up: a host that is off is started, nothing else is touched.
            try await second.powerOff()
            let pid = first.leader
            _ = try await LabUp.run(options) { _ in }
            #expect(try await LabStatus.read(lab).isWhole)
            #expect(first.leader == pid)
        }
    }

    /// Without virtual IP holder nothing answers; with the address on a host, its HAProxy does.
    private func forwardsReachTheHost(_ lab: Lab, _ options: LabUp.Options) async throws {
        let host = try lab.host("controller1")
        let forward = try #require(lab.forwards.first { $0.service == .neutron })
        let request = [
            "curl", "--silent", "--show-error", "--max-time", "10", "http://127.0.0.1:\(forward.loopbackPort)/big",
        ]
        try await host.run(["ip", "address", "add", "\(forward.address)/24", "dev", "eth0"])
        // Larger than any buffer on the way.
        let body = String(repeating: "skein ", count: 500_000)
        let configuration = """
            defaults
              mode http
              timeout client 5s
              timeout server 5s
              timeout connect 5s
            frontend test
              bind *:\(forward.port)
              http-request return status 200 content-type text/plain string "inside"
            """
        try await host.run(["tee", "/etc/haproxy/haproxy.cfg"], input: configuration + "\n")
        try await host.run(["systemctl", "restart", "haproxy"])
        try await Poll.until("an answer through the forward", within: .seconds(10)) {
            try await Command.result(request).output == "inside"
        }
        // And up: HAProxy answers after the whole body has come in.
        let upload = try await Command.result(request + ["--data-binary", "@-"], input: body)
        #expect(upload.output == "inside", "\(upload.errors)")
        try await host.run(["ip", "address", "del", "\(forward.address)/24", "dev", "eth0"])
    }

    private func links(_ first: LabHost, _ second: LabHost) async throws {
        let management = first.host.address(on: .management)
        let control = first.host.address(on: .control)

        try await first.cut(.control)
        try await first.cut(.control)
        try await expect(second, reaches: control, false, "a cut link still carries")
        try await expect(second, reaches: management, true, "the other link is cut too")
        #expect(try await first.run(["ip", "-br", "link", "show", "eth1"]).contains("NO-CARRIER"))
        #expect(try await LabStatus.read(first.lab).hosts.first?.links == [.management])
        try await first.heal(.control)
        try await expect(second, reaches: control, true, "a healed link does not carry")

        try await first.silence(.management)
        try await expect(second, reaches: management, false, "a silent link still carries")
        #expect(try await first.run(["ip", "-br", "link", "show", "eth0"]).contains("LOWER_UP"))
        // Cutting and healing a silent link leaves it silent.
        try await first.cut(.management)
        try await first.heal(.management)
        try await expect(second, reaches: management, false, "healing undid another fault")
        try await first.unsilence(.management)
        try await expect(second, reaches: management, true, "the link is still silent")

        for direction in LabFault.Direction.allCases {
            try await first.drop(.control, direction)
            try await expect(second, reaches: control, false, "one direction is not dropped")
            try await first.undrop(.control, direction)
            try await expect(second, reaches: control, true, "one direction is still dropped")
        }

        try await first.lose(percent: 100, on: .control)
        try await expect(second, reaches: control, false, "nothing is lost")
        try await first.lose(percent: 50, on: .control)
        #expect(first.faults == [.loss(.control, percent: 50)])
        try await first.clearFaults()
        #expect(first.faults == [])
        try await expect(second, reaches: control, true, "still losing")

        try await first.freeze()
        #expect(first.isFrozen)
        try await expect(second, reaches: management, false, "a frozen host answers")
        try await first.thaw()
        try await expect(second, reaches: management, true, "a thawed host does not answer")
    }

    private func units(_ host: LabHost) async throws {
        let before = try host.processes(ofUnit: "haproxy")
        #expect(try host.signal(SIGKILL, unit: "haproxy", mainOnly: true) == 1)
        try await Poll.until("haproxy to be restarted", within: .seconds(20)) {
            let now = (try? host.processes(ofUnit: "haproxy")) ?? []
            return !now.isEmpty && Set(now).isDisjoint(with: before)
        }
        try host.stop(unit: "haproxy")
        #expect(host.faults == [.stopped(unit: "haproxy.service")])
        let process = try #require(try host.processes(ofUnit: "haproxy").first)
        try await Poll.until("haproxy to be stopped", within: .seconds(5)) {
            LabFiles.text("/proc/\(process)/stat")?.contains(") T ") == true
        }
        try host.resume(unit: "haproxy")
        #expect(host.faults == [])
        let error = #expect(throws: LabError.self) { try host.signal(SIGKILL, unit: "no-such-unit") }
        #expect(error?.code == .notFound)
    }

    private func power(_ first: LabHost, _ second: LabHost) async throws {
        let management = first.host.address(on: .management)
        try await first.run(["tee", "/root/kept"], input: "kept")
        try await first.cut(.control)
        try await first.freeze()
        try await first.powerOff()
        #expect(!first.isOn)
        #expect(try await LabStatus.read(first.lab).hosts.first?.power == .off)
        try await expect(second, reaches: management, false, "a powered off host answers")
        #expect(throws: LabError.self) { try first.inside(["true"]) }
        try await first.powerOn()
        #expect(try await first.run(["cat", "/root/kept"]) == "kept")
        try await expect(second, reaches: management, true, "a started host does not answer")
        // A cut cable stays cut over a power cycle.
        try await expect(second, reaches: first.host.address(on: .control), false, "power-on healed a link")
        try await first.clearFaults()
        let leader = first.leader
        try await first.reboot()
        #expect(first.isOn)
        #expect(first.leader != leader)
        try await expect(second, reaches: first.host.address(on: .control), true, "the link is still cut")
    }
}
