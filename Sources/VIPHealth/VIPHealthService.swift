import Addressing
import Blueprint
import Crypto
import Glibc

/// Watches what ``VIPHealthRule`` judges, and writes the verdict to the file that keepalived tracks.
///
/// keepalived's own checks run at most once a second; this one runs every 50 ms. It is a process of its own with one
/// thread, so that nothing else can make it late.
package final class VIPHealthService {
    /// How often the verdict is confirmed, in milliseconds: keepalived asks the proxy itself when that ends.
    private static let touchInterval = 1000

    private let configuration: VIPHealthConfiguration
    private let stateFile: TrackFile
    private let process = UInt64.random(in: 0...UInt64.max >> 4)
    private let sockets: [EchoSocket]
    private var rule: VIPHealthRule
    private var round: UInt64 = 0
    private var observation = VIPHealthRule.Observation(backends: nil, silence: [])
    private let proxy: UnitProcesses?
    private let virtualIPs: [IPAddress]
    private var keepalived: KeepalivedWatch?
    private var ownership: OwnershipTerm?

    /// - Throws: ``VIPHealthError``
    package init(_ configuration: VIPHealthConfiguration) throws(VIPHealthError) {
        self.configuration = configuration
        stateFile = TrackFile(path: configuration.stateFile)
        // What the predecessor found stands until this process knows better: its restart must not move a VIP.
        rule = VIPHealthRule(
            timing: configuration.timing, store: configuration.store,
            starvation: configuration.starvation, fault: stateFile.read() == 0 ? nil : .unknown)
        proxy = configuration.starvation.map { UnitProcesses(unit: $0.unit) }
        var sockets: [EchoSocket] = []
        for index in configuration.networks.indices {
            sockets.append(try Self.socket(configuration, network: index, process: process))
        }
        self.sockets = sockets
        virtualIPs = try Self.virtualIPs(configuration)
        keepalived = configuration.keepalived.map { KeepalivedWatch($0, now: Self.now()) }
        if let path = configuration.keepalived?.termFile { ownership = try OwnershipTerm(path: path) }
        try stateFile.write(rule.fault == nil ? 0 : 1)
    }

    /// Runs until the process is ended.
    ///
    /// - Throws: ``VIPHealthError`` when the verdict cannot be written any more.
    package func run(log: (String) -> Void) throws(VIPHealthError) -> Never {
        let supervisor = ServiceSupervisor()
        supervisor.send("READY=1")
        var ended = Self.now()
        var touched = ended
        while true {
            let started = Self.now()
            let wasLate = started - ended > configuration.timing.interval
            observe(until: started + configuration.timing.interval, wasLate: wasLate)
            ended = Self.now()
            if rule.judge(observation) {
                try stateFile.write(rule.fault == nil ? 0 : 1)
                log(
                    rule.fault.map { "this node may not hold a virtual IP: \($0)" } ?? "this node may hold a virtual IP"
                )
            }
            if ended - touched >= Self.touchInterval {
                stateFile.touch()
                touched = ended
            }
            let holdsVirtualIP = InterfaceAddresses.contain(oneOf: virtualIPs)
            try ownership?.watch(holdsVirtualIP: holdsVirtualIP, peers: peers)
            if let end = keepalived?.watch(
                now: ended, holdsVirtualIP: holdsVirtualIP, wasStalled: observation.wasStalled)
            {
                log(end)
            }
            supervisor.send("WATCHDOG=1")
            round += 1
        }
    }

    /// One round of probes. Lasts until `deadline`, and longer only for a proxy that takes its whole time.
    private func observe(until deadline: Int, wasLate: Bool) {
        let start = Self.now()
        let limit = start + configuration.timing.timeout
        for socket in sockets { socket.ask(round: round, term: ownership?.term ?? 0) }
        var probe = ProxyProbe(port: configuration.proxyPort)
        var longestPause = 0
        while true {
            let now = Self.now()
            let end = probe.isOver ? deadline : max(deadline, limit)
            guard now < end else { break }
            var descriptors = [pollfd(fd: probe.isOver ? -1 : probe.descriptor, events: probe.events, revents: 0)]
            descriptors += sockets.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
            let wait = (probe.isOver ? deadline : limit) - now
            poll(&descriptors, nfds_t(descriptors.count), Int32(truncatingIfNeeded: max(wait, 1)))
            let woken = Self.now()
            longestPause = max(longestPause, woken - now - max(wait, 1))
            for socket in sockets { socket.receive(oldest: oldestRound, now: woken) }
            if let ready = descriptors.first, ready.revents != 0 { probe.advance() }
        }
        let now = Self.now()
        observation.silence = sockets.map { $0.silence(now: now) }
        observation.backends = probe.backends
        observation.isProxyRunnable = probe.backends == nil && proxy?.activity?.isRunnable == true
        observation.wasStalled = wasLate || longestPause > configuration.timing.interval
    }

    /// The other nodes, by what was heard of each on any network.
    private var peers: [VIPTermRule.Peer] {
        let count = sockets.map(\.terms.count).max() ?? 0
        return (0..<count).map { peer in
            let networks = sockets.indices.filter { sockets[$0].terms.indices.contains(peer) }
            return VIPTermRule.Peer(
                term: networks.map { sockets[$0].terms[peer] }.max() ?? 0,
                isHeard: networks.contains { observation.silence[$0][peer] <= configuration.timing.isolation })
        }
    }

    private static func virtualIPs(_ configuration: VIPHealthConfiguration) throws(VIPHealthError) -> [IPAddress] {
        let texts = configuration.keepalived?.virtualIPs ?? []
        let addresses = texts.compactMap { IPAddress($0) }
        guard addresses.count == texts.count else {
            throw VIPHealthError(.configuration, "keepalived.virtual_ips must be IP addresses")
        }
        return addresses
    }

    /// An answer may be as old as the silence that counts as death.
    private var oldestRound: UInt64 {
        let rounds = UInt64(configuration.timing.isolation / configuration.timing.interval)
        return round > rounds ? round - rounds : 0
    }

    private static func socket(
        _ configuration: VIPHealthConfiguration, network index: Int, process: UInt64
    ) throws(VIPHealthError) -> EchoSocket {
        let network = configuration.networks[index]
        guard let own = IPAddress(network.address) else {
            throw VIPHealthError(.configuration, "networks[\(index)].address is no IP address: \(network.address)")
        }
        let peers = network.peers.compactMap { IPAddress($0) }
        guard peers.count == network.peers.count else {
            throw VIPHealthError(.configuration, "networks[\(index)].peers must be IP addresses")
        }
        return try EchoSocket(
            own: own, peers: peers, port: configuration.echoPort,
            key: SymmetricKey(data: Array(configuration.key.utf8)),
            otherKeys: configuration.otherKeys.map { SymmetricKey(data: Array($0.utf8)) },
            process: process, now: now())
    }

    /// Milliseconds of a clock that is never set.
    private static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }
}
