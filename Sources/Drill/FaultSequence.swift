/// Carries out a scenario's steps, and knows what has begun and not ended.
actor FaultSequence {
    /// Something that happened to a host.
    struct Event: Sendable {
        let fault: Fault
        let host: String
        /// Whether it began; otherwise it ended.
        let isBegin: Bool
    }

    private let injector: any FaultInjector
    private let choose: @Sendable (Scenario.Victim) async throws -> [String]
    private let awaitWhole: @Sendable (Double) async throws -> Void
    private let beGreedy: @Sendable (Double) async throws -> Void
    private let observe: @Sendable (Event) -> Void
    private var active: [FaultJournal.Entry] = []
    /// The hosts that faults have happened to, each once, in order.
    private(set) var victims: [String] = []

    /// - Parameters:
    ///   - choose: the hosts of a victim; never asked for ``Scenario/Victim/same``.
    ///   - awaitWhole: returns when everything is whole; throws when that takes more than so many seconds.
    ///   - beGreedy: sends what a greedy client sends, for so many seconds at most.
    ///   - observe: called when a fault begins and when it has ended.
    init(
        injector: any FaultInjector, choose: @escaping @Sendable (Scenario.Victim) async throws -> [String],
        awaitWhole: @escaping @Sendable (Double) async throws -> Void,
        beGreedy: @escaping @Sendable (Double) async throws -> Void, observe: @escaping @Sendable (Event) -> Void
    ) {
        self.injector = injector
        self.choose = choose
        self.awaitWhole = awaitWhole
        self.beGreedy = beGreedy
        self.observe = observe
    }

    /// - Throws: ``DrillError``, or `CancellationError`; what has begun by then is still there until ``endAll()``.
    func run(_ steps: [Scenario.Step], of scenario: Scenario) async throws {
        for (index, step) in steps.enumerated() {
            try Task.checkCancellation()
            switch step {
            case .begin(let fault, let victim):
                let seconds = steps == scenario.steps ? scenario.duration(from: index) : nil
                try await begin(fault, victim, lasting: seconds)
            case .end(let fault): try await end(active.filter { $0.fault == fault })
            case .wait(let seconds): try await Task.sleep(for: .seconds(seconds))
            case .awaitWhole(let seconds): try await awaitWhole(seconds)
            case .greedyClient(let seconds): try await beGreedy(seconds)
            }
        }
    }

    /// Ends everything that has begun, the newest first. To be called in every case, outside of a cancelled task.
    ///
    /// - Throws: the first error, after everything has been tried.
    func endAll() async throws {
        var first: (any Error)?
        while let entry = active.last {
            do { try await end([entry]) } catch {
                first = first ?? error
                active.removeLast()
            }
        }
        if let first { throw first }
    }

    private func begin(_ fault: Fault, _ victim: Scenario.Victim, lasting seconds: Double?) async throws {
        let hosts = victim == .same ? victims.suffix(1) : ArraySlice(try await choose(victim))
        guard !hosts.isEmpty else { throw DrillError("there is no host that is '\(victim.rawValue)'") }
        if victim == .everyInTurn {
            for (index, host) in hosts.enumerated() {
                if index > 0 { try await awaitWhole(120) }
                try await begin(fault, on: [host], lasting: seconds)
            }
        } else {
            try await begin(fault, on: Array(hosts), lasting: seconds)
        }
    }

    private func begin(_ fault: Fault, on hosts: [String], lasting seconds: Double?) async throws {
        victims += hosts.filter { !victims.contains($0) || hosts.count == 1 }
        if !fault.endsItself { active += hosts.map { FaultJournal.Entry(fault: fault, host: $0) } }
        let (injector, observe) = (injector, observe)
        // Not cancelled half way: what has begun in full can be undone in full.
        try await Task {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for host in hosts {
                    observe(Event(fault: fault, host: host, isBegin: true))
                    group.addTask { try await injector.begin(fault, on: host, lasting: seconds) }
                }
                try await group.waitForAll()
            }
            if fault.endsItself { for host in hosts { observe(Event(fault: fault, host: host, isBegin: false)) } }
        }.value
    }

    /// Several hosts come back in an order that nobody knows beforehand, up to a second apart.
    private func end(_ entries: [FaultJournal.Entry]) async throws {
        let (injector, observe) = (injector, observe)
        let shuffled = entries.shuffled()
        try await Task {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (index, entry) in shuffled.enumerated() {
                    group.addTask {
                        if index > 0 { try await Task.sleep(for: .milliseconds(Int.random(in: 0...1000))) }
                        try await injector.end(entry.fault, on: entry.host)
                        observe(Event(fault: entry.fault, host: entry.host, isBegin: false))
                    }
                }
                try await group.waitForAll()
            }
        }.value
        active.removeAll { entries.contains($0) }
    }
}
