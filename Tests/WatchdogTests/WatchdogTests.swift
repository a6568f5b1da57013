import Dispatch
import Glibc
import Logging
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Watchdog

/// systemd hears from a process exactly as long as all of it turns.
@Suite struct WatchdogTests {
    private final class HandClock: Sendable {
        private let time = Mutex(ContinuousClock.now)

        var now: ContinuousClock.Instant { time.withLock { $0 } }
        func advance(_ seconds: Double) { time.withLock { $0 += .seconds(seconds) } }
    }

    private final class Part: Sendable {
        let turns = Mutex(true)
        let asked = Mutex(0)

        var part: Watchdog.Part {
            Watchdog.Part("a part") { turned in
                self.asked.withLock { $0 += 1 }
                if self.turns.withLock({ $0 }) { turned() }
            }
        }
    }

    private func watchdog(
        _ systemd: FakeSystemd, _ parts: [Watchdog.Part], clock: HandClock, unreadiness: String? = nil
    ) throws -> Watchdog {
        Watchdog(
            parts: parts, manager: try #require(NotifySocket(path: systemd.path)),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, clock: { clock.now },
            unreadiness: { unreadiness })
    }

    @Test(arguments: [false, true])
    func systemdIsTold(isAbstract: Bool) throws {
        let systemd = try FakeSystemd(isAbstract: isAbstract)
        let manager = try #require(NotifySocket(path: systemd.path))
        #expect(manager.tell(["READY=1", "STATUS=serving"]))
        #expect(systemd.messages() == ["READY=1\nSTATUS=serving"])
    }

    @Test func nobodyIsTold() throws {
        #expect(NotifySocket(path: "relative") == nil)
        #expect(NotifySocket(path: "/" + String(repeating: "x", count: 200)) == nil)
        #expect(try #require(NotifySocket(path: "/nonexistent/notify")).tell(["READY=1"]) == false)
    }

    @Test func signsOfLifeAreGivenAsLongAsAllTurns() throws {
        let systemd = try FakeSystemd()
        let clock = HandClock()
        let part = Part()
        let other = Part()
        let watchdog = try watchdog(systemd, [part.part, other.part], clock: clock)
        watchdog.look()
        #expect(systemd.messages() == ["READY=1\nSTATUS=serving\nWATCHDOG=1"])
        clock.advance(1)
        watchdog.look()
        #expect(systemd.messages() == ["WATCHDOG=1"])
        other.turns.withLock { $0 = false }
        for _ in 0..<3 {
            clock.advance(1)
            watchdog.look()
        }
        // It may still be only slow.
        #expect(systemd.messages().count == 3)
        for _ in 0..<5 {
            clock.advance(1)
            watchdog.look()
        }
        #expect(systemd.messages() == [])
        // What is stuck is not asked again and again, or its questions would pile up.
        #expect(other.asked.withLock { $0 } == 3)
    }

    @Test func aPartThatIsLookedAtMayComeBack() throws {
        let systemd = try FakeSystemd()
        let clock = HandClock()
        let turns = Mutex(true)
        let part = Watchdog.Part("polled") { turns.withLock { $0 } }
        let watchdog = try watchdog(systemd, [part], clock: clock)
        watchdog.look()
        turns.withLock { $0 = false }
        clock.advance(4)
        watchdog.look()
        #expect(systemd.messages().count == 1)
        turns.withLock { $0 = true }
        clock.advance(1)
        watchdog.look()
        #expect(systemd.messages() == ["WATCHDOG=1"])
    }

    @Test func aStoreThatIsAwayHoldsUpNoStartAndEndsNothing() throws {
        let systemd = try FakeSystemd()
        let clock = HandClock()
        let watchdog = try watchdog(systemd, [Part().part], clock: clock, unreadiness: "no\nmajority")
        watchdog.look()
        #expect(systemd.messages() == ["STATUS=no majority\nEXTEND_TIMEOUT_USEC=5000000\nWATCHDOG=1"])
        for _ in 0..<4 {
            clock.advance(1)
            watchdog.look()
        }
        #expect(systemd.messages().allSatisfy { $0 == "EXTEND_TIMEOUT_USEC=5000000\nWATCHDOG=1" })
        clock.advance(1)
        watchdog.look()
        #expect(systemd.messages() == ["READY=1\nWATCHDOG=1"])
        for _ in 0..<100 {
            clock.advance(1)
            watchdog.look()
            #expect(systemd.messages() == ["WATCHDOG=1"])
        }
    }

    @Test func anEventLoopThatIsStuckIsFound() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let stuck = DispatchSemaphore(value: 0)
        let systemd = try FakeSystemd()
        let clock = HandClock()
        let parts = Watchdog.Part.eventLoops(group)
        #expect(parts.count == 2)
        let watchdog = try watchdog(systemd, parts, clock: clock)
        let loops = Array(group.makeIterator())
        loops[1].execute { stuck.wait() }
        watchdog.look()
        clock.advance(4)
        // What was asked before has been answered by the loop that turns.
        try await loops[0].submit {}.get()
        watchdog.look()
        #expect(systemd.messages().count == 1)
        stuck.signal()
        try await loops[1].submit {}.get()
        watchdog.look()
        #expect(systemd.messages() == ["WATCHDOG=1"])
        try await group.shutdownGracefully()
    }

    @Test func theThreadPoolTurns() async {
        guard case .callsBack(let ask) = Watchdog.Part.executor.question else {
            Issue.record("the thread pool is asked")
            return
        }
        await withCheckedContinuation { continuation in ask { continuation.resume() } }
    }
}

/// A socket as systemd has one.
private final class FakeSystemd {
    let path: String
    private let socket: Int32

    init(isAbstract: Bool = false) throws {
        let name = "/tmp/skein-watchdog-\(getpid())-\(UInt64.random(in: .min ... .max))"
        path = isAbstract ? "@" + name.dropFirst() : name
        socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = [UInt8](path.utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { place in
            place.copyBytes(from: bytes)
            if isAbstract { place[0] = 0 }
        }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, length) }
        }
        try #require(bound == 0)
        // The kernel's usual limit of 10 waiting datagrams is the receiver's business.
    }

    deinit {
        close(socket)
        if path.hasPrefix("/") { unlink(path) }
    }

    /// What came since the last call.
    func messages() -> [String] {
        var buffer = [UInt8](repeating: 0, count: 4096)
        var messages: [String] = []
        while true {
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else { return messages }
            messages.append(String(decoding: buffer[..<count], as: UTF8.self))
        }
    }
}
