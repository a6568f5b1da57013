/// One thing that is done to a host and undone, as data: it is written to a journal before it begins, so that another
/// process can undo it.
package enum Fault: Hashable, Sendable, Codable {
    /// One of the two networks of an installation.
    package enum Network: String, Hashable, Sendable, Codable, CaseIterable {
        case management
        case control
    }

    /// One direction of a host's traffic.
    package enum Direction: String, Hashable, Sendable, Codable, CaseIterable {
        /// What the host sends.
        case from
        /// What the host would receive.
        case to
    }

    /// Every process of a unit gets SIGKILL at once; systemd starts it again.
    case kill(unit: String)
    /// The unit's processes are stopped for a time (SIGSTOP, then SIGCONT).
    case hang(unit: String)
    /// The unit's processes are stopped for 250 of each 300 ms: they go on, at a sixth of their speed, as on a disk that
    /// answers late.
    case stutter(unit: String)
    /// systemd stops the unit in good order, and starts it again at the end.
    case stop(unit: String)
    /// systemd restarts the unit in good order.
    case restart(unit: String)
    case powerOff
    /// Every process of the host is paused and its links are silent, as a hypervisor pauses a machine.
    case freeze
    /// The host is shut down in good order and started again.
    case reboot
    /// The carrier of a link is gone.
    case cut(Network)
    /// Nothing passes a link that stays up.
    case silence(Network)
    /// Everything in one direction is lost.
    case drop(Network, Direction)
    /// So many of a hundred packets are lost in each direction.
    case lose(Network, percent: Int)
    /// The link carries so many kilobits a second.
    case slow(Network, kilobits: Int)
    /// What the brokers say to each other is lost (Erlang's distribution and its port mapper); all else passes.
    case isolateBroker
    /// The store's data is moved to a file system of its own with little room, so that ``fillStoreDisk`` has something
    /// to fill. The member is restarted.
    case boundStoreDisk
    /// The store's small file system is filled to the last byte. Refused where the store is on any other.
    case fillStoreDisk
    /// The store forgets its history up to now: a watch that is behind cannot go on from where it was.
    case compactStore
    /// A member's limit is set below what its database has: the store raises its alarm, and refuses all writes.
    case storeQuotaAlarm
    /// The broker's memory limit is set so low that it is exceeded: publishers are blocked.
    case brokerMemoryAlarm
    /// The broker's free disk limit is set so high that it is not met: publishers are blocked.
    case brokerDiskAlarm
    /// The host's clock jumps.
    case stepClock(seconds: Int)
    /// keepalived gets its usual settings, as a control: an advertisement a second, and no health of Skein's.
    case usualVRRPSettings
    /// The broker goes on in a minority and is reset when the partition ends (`autoheal`), as a control: many installations
    /// are set so.
    case usualPartitionHandling
    /// Another executable of the same build is deployed with `skein up`, and the first one again at the end.
    case upgrade

    /// Whether nothing is left of it that would have to be undone.
    package var endsItself: Bool {
        switch self {
        case .kill, .restart, .compactStore: true
        default: false
        }
    }

    /// The fault in words, such as `haproxy killed`.
    package var text: String {
        switch self {
        case .kill(let unit): "\(unit) killed"
        case .hang(let unit): "\(unit) hung"
        case .stutter(let unit): "\(unit) slowed down"
        case .stop(let unit): "\(unit) stopped"
        case .restart(let unit): "\(unit) restarted"
        case .powerOff: "powered off"
        case .freeze: "frozen"
        case .reboot: "rebooted"
        case .cut(let network): "\(network.rawValue) link cut"
        case .silence(let network): "\(network.rawValue) link silent"
        case .drop(let network, let direction): "\(network.rawValue) link loses all \(direction.rawValue) the host"
        case .lose(let network, let percent): "\(network.rawValue) link loses \(percent) %"
        case .slow(let network, let kilobits): "\(network.rawValue) link at \(kilobits) kbit/s"
        case .isolateBroker: "broker cut off from the others"
        case .boundStoreDisk: "store on a small disk"
        case .fillStoreDisk: "store's disk full"
        case .compactStore: "store compacted"
        case .storeQuotaAlarm: "store's quota alarm"
        case .brokerMemoryAlarm: "broker's memory alarm"
        case .brokerDiskAlarm: "broker's disk alarm"
        case .stepClock(let seconds): "clock stepped by \(seconds) s"
        case .usualVRRPSettings: "keepalived's usual settings"
        case .usualPartitionHandling: "broker's usual partition handling, autoheal"
        case .upgrade: "upgraded by skein up"
        }
    }
}
