import Addressing
import Foundation
import Testing

@testable import VIPHealth

/// `sleep` stands in for keepalived: the watch looks at any unit's processes alike.
@Suite struct UnitProcessesTests {
    /// A folder with a list of processes as control groups have them.
    private final class Group {
        let folder = URL.temporaryDirectory.appending(path: "keepalived-processes-\(UUID().uuidString)")
        var list: String { folder.appending(path: "cgroup.procs").path() }

        init() throws {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        }

        deinit { try? FileManager.default.removeItem(at: folder) }

        func write(_ processes: [Int32]) throws {
            try Data(processes.map { "\($0)\n" }.joined().utf8).write(to: URL(filePath: list))
        }
    }

    private func start(_ command: String) throws -> Process {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/setpriv")
        process.arguments = ["--pdeathsig", "KILL", "sh", "-c", command]
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        return process
    }

    /// Looks every 10 ms until `condition` holds, for 10 s at most.
    private func eventually(_ condition: () -> Bool) -> Bool {
        for _ in 0..<1_000 {
            if condition() { return true }
            usleep(10_000)
        }
        return false
    }

    @Test func aStoppedProcessSleepsNoMoreAndIsEnded() throws {
        let group = try Group()
        let process = try start("while true; do sleep 0.01; done")
        defer { process.terminate() }
        try group.write([process.processIdentifier])
        let processes = UnitProcesses(lists: ["/nonexistent", group.list])
        let first = try #require(processes.activity)
        #expect(eventually { (processes.activity?.sleeps ?? 0) > first.sleeps + 3 })

        kill(process.processIdentifier, SIGSTOP)
        #expect(
            eventually {
                let one = processes.activity
                usleep(50_000)
                return one != nil && one == processes.activity && one?.isRunnable == false
            })

        #expect(processes.end())
        process.waitUntilExit()
        #expect(process.terminationReason == .uncaughtSignal && process.terminationStatus == SIGKILL)
    }

    @Test func aLoopIsRunnable() throws {
        let group = try Group()
        let process = try start("while true; do :; done")
        defer { process.terminate() }
        try group.write([process.processIdentifier])
        let processes = UnitProcesses(lists: [group.list])
        #expect(eventually { processes.activity?.isRunnable == true })
    }

    @Test func nothingIsSaidOfWhatCannotBeSeen() throws {
        let group = try Group()
        #expect(UnitProcesses(lists: [group.list]).activity == nil)
        #expect(!UnitProcesses(lists: [group.list]).end())
        // This process's group, init, and nothing: none of them is ever ended.
        try group.write([0, 1, -1])
        #expect(UnitProcesses(lists: [group.list]).activity == nil)
        #expect(!UnitProcesses(lists: [group.list]).end())
        // Above the highest id that Linux gives.
        try group.write([getpid(), 4_194_305])
        #expect(UnitProcesses(lists: [group.list]).activity == nil)
    }

    @Test func readsTheStatusOfAProcess() {
        let text = """
            Name:\tkeepalived
            State:\tT (stopped)
            voluntary_ctxt_switches:\t8812
            nonvoluntary_ctxt_switches:\t17
            """
        #expect(UnitProcesses.activity(in: text) == .init(sleeps: 8812, isRunnable: false))
        let running = text.replacing("T (stopped)", with: "R (running)")
        #expect(UnitProcesses.activity(in: running).isRunnable)
    }

    @Test func findsAnAddressOfAnInterface() throws {
        let loopback = try #require(IPAddress("127.0.0.1"))
        let foreign = try #require(IPAddress("192.0.2.77"))
        #expect(InterfaceAddresses.contain(oneOf: [foreign, loopback]))
        #expect(!InterfaceAddresses.contain(oneOf: [foreign]))
        #expect(!InterfaceAddresses.contain(oneOf: []))
    }
}
