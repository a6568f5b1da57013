import JSON

/// The content of `/etc/skein/vip-health.json`: what `skein vip-health --config FILE` is told.
package struct VIPHealthConfiguration: Hashable, Sendable {
    /// The local proxy's health port, on loopback.
    package var proxyPort: Int
    /// How it is found out that the proxy waits for a CPU; nil in files of older versions, which is: not at all.
    package var starvation: Starvation?
    /// The file that keepalived tracks.
    package var stateFile: String
    /// The UDP port of the echoes.
    package var echoPort: Int
    /// The key that authenticates the echoes.
    package var key: String
    /// Keys that echoes of others may have besides, while one takes another's place.
    package var otherKeys: [String] = []
    package var timing: Timing
    /// The networks of the virtual IPs.
    package var networks: [Network]
    /// Where the store's members are; nil in files of older versions, which is: not on VIP nodes.
    package var store: Store?
    /// How a hanging keepalived is found out; nil in files of older versions, which is: not at all.
    package var keepalived: Keepalived?

    /// A network that this node shares with the other VIP nodes.
    package struct Network: Hashable, Sendable {
        /// This node's own address on it.
        package var address: String
        /// The addresses of the other nodes.
        package var peers: [String]

        package init(address: String, peers: [String]) {
            self.address = address
            self.peers = peers
        }
    }

    /// Which of the store's members a VIP node can hear, so that it knows at once when it cannot be on the majority's side.
    package struct Store: Hashable, Sendable {
        /// How many there are in all.
        package var members: Int
        /// The positions of the peers that have one, in each network's list.
        package var peers: [Int]
        /// For how many milliseconds a peer may be silent, on every network, until its member counts as out of reach.
        package var silence: Int

        package init(members: Int, peers: [Int], silence: Int) {
            self.members = members
            self.peers = peers
            self.silence = silence
        }
    }

    /// The part of ``TimingBudget`` that the rule needs; milliseconds and counts.
    package struct Timing: Hashable, Sendable {
        package var interval: Int
        package var timeout: Int
        package var fall: Int
        package var rise: Int
        package var isolation: Int

        package init(interval: Int, timeout: Int, fall: Int, rise: Int, isolation: Int) {
            self.interval = interval
            self.timeout = timeout
            self.fall = fall
            self.rise = rise
            self.isolation = isolation
        }

        package init(_ budget: TimingBudget) {
            self.init(
                interval: budget.vipHealthInterval, timeout: budget.vipHealthTimeout, fall: budget.vipHealthFall,
                rise: budget.vipHealthRise, isolation: budget.vipIsolation)
        }
    }

    /// What tells a proxy that is late from one that hangs.
    package struct Starvation: Hashable, Sendable {
        /// The proxy's systemd unit.
        package var unit: String
        /// How many rounds in a row it may be late.
        package var fall: Int

        package init(unit: String, fall: Int) {
            self.unit = unit
            self.fall = fall
        }
    }

    /// What ``KeepalivedRule`` needs; milliseconds.
    package struct Keepalived: Hashable, Sendable {
        /// The systemd unit.
        package var unit: String
        /// The addresses that the unit takes and leaves.
        package var virtualIPs: [String]
        /// How long it may sleep while this node holds one of them.
        package var silence: Int
        /// How long it may be without a CPU then.
        package var takeover: Int
        /// Where ``VIPTermRule``'s term goes; nil in files of older versions, which is: nowhere.
        package var termFile: String?

        package init(unit: String, virtualIPs: [String], silence: Int, takeover: Int, termFile: String?) {
            self.unit = unit
            self.virtualIPs = virtualIPs
            self.silence = silence
            self.takeover = takeover
            self.termFile = termFile
        }

        package init(unit: String, virtualIPs: [String], termFile: String, _ budget: TimingBudget) {
            self.init(
                unit: unit, virtualIPs: virtualIPs, silence: budget.vipSilence, takeover: budget.vipTakeover,
                termFile: termFile)
        }
    }

    package init(
        proxyPort: Int, starvation: Starvation?, stateFile: String, echoPort: Int, key: String, timing: Timing,
        networks: [Network],
        store: Store?, keepalived: Keepalived?
    ) {
        self.proxyPort = proxyPort
        self.starvation = starvation
        self.stateFile = stateFile
        self.echoPort = echoPort
        self.key = key
        self.timing = timing
        self.networks = networks
        self.store = store
        self.keepalived = keepalived
    }

    /// The configuration as the file's JSON; ``init(json:)`` reads it back to an equal value.
    package var json: JSONValue {
        let keepalived: JSONValue =
            keepalived.map {
                [
                    "unit": .string($0.unit), "virtual_ips": .array($0.virtualIPs.map { .string($0) }),
                    "silence": .integer($0.silence), "takeover": .integer($0.takeover),
                    "term_file": $0.termFile.map { .string($0) } ?? .null,
                ]
            } ?? .null
        let store: JSONValue =
            store.map {
                [
                    "members": .integer($0.members),
                    "peers": .array($0.peers.map { .integer($0) }), "silence": .integer($0.silence),
                ]
            } ?? .null
        let starvation: JSONValue =
            starvation.map { ["unit": .string($0.unit), "fall": .integer($0.fall)] } ?? .null
        var object: JSONObject = [
            "proxy_port": .integer(proxyPort), "starvation": starvation, "state_file": .string(stateFile),
            "echo_port": .integer(echoPort),
            "key": .string(key),
            "timing": [
                "interval": .integer(timing.interval), "timeout": .integer(timing.timeout),
                "fall": .integer(timing.fall), "rise": .integer(timing.rise),
                "isolation": .integer(timing.isolation),
            ],
            "networks": .array(
                networks.map {
                    ["address": .string($0.address), "peers": .array($0.peers.map { .string($0) })]
                }),
            "store": store, "keepalived": keepalived,
        ]
        // What is usual is not written.
        if !otherKeys.isEmpty { object["other_keys"] = .array(otherKeys.map { .string($0) }) }
        return .object(object)
    }

    /// Reads the file's JSON. Every member must be known and of the right type.
    ///
    /// - Throws: ``ConfigurationError`` with everything that is wrong.
    package init(json: JSONValue) throws(ConfigurationError) {
        var object = StrictObject(file: json)
        let timing = object.optionalObject("timing") { timing in
            Timing(
                interval: timing.integer("interval", in: 1...60_000),
                timeout: timing.integer("timeout", in: 1...60_000),
                fall: timing.integer("fall", in: 1...1_000), rise: timing.integer("rise", in: 1...1_000),
                isolation: timing.integer("isolation", in: 1...600_000))
        }
        self.init(
            proxyPort: object.integer("proxy_port", in: 1...65_535),
            starvation: object.optionalObject("starvation") {
                Starvation(unit: $0.string("unit"), fall: $0.integer("fall", in: 1...1_000))
            },
            stateFile: object.string("state_file"),
            echoPort: object.integer("echo_port", in: 1...65_535), key: object.string("key"),
            timing: timing ?? Timing(TimingBudget()),
            networks: object.objects("networks") {
                Network(address: $0.string("address"), peers: $0.strings("peers"))
            },
            store: object.optionalObject("store") {
                Store(
                    members: $0.integer("members", in: 1...100),
                    peers: $0.integers("peers", in: 0...99), silence: $0.integer("silence", in: 1...600_000))
            },
            keepalived: object.optionalObject("keepalived") {
                Keepalived(
                    unit: $0.string("unit"), virtualIPs: $0.strings("virtual_ips"),
                    silence: $0.integer("silence", in: 1...600_000), takeover: $0.integer("takeover", in: 1...600_000),
                    termFile: $0.optionalString("term_file"))
            })
        otherKeys = object.optionalStrings("other_keys") ?? []
        try object.finish()
    }
}
