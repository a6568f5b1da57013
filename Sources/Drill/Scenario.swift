import History

/// What a drill does to an installation, as a sequence of steps, and what it must not cost.
package struct Scenario: Hashable, Sendable {
    /// What kind of failure it is.
    package enum Family: String, Hashable, Sendable, CaseIterable {
        case service
        case node
        case link
        case engine
        /// A second fault while the installation recovers from the first.
        case combined
        case upgrade
        case coldStart = "cold-start"
        /// Nothing fails: one client asks for more than the others must notice.
        case load
        /// Installations and records that are known to be bad: the drill must notice it, or it proves nothing.
        case control
    }

    /// Which host it happens to, chosen when the step begins.
    package enum Victim: String, Hashable, Sendable {
        /// The controller that holds the virtual IPs.
        case virtualIPHolder = "VIP holder"
        /// The one whose member leads the store.
        case storeLeader = "store leader"
        /// One whose member follows.
        case storeFollower = "store follower"
        /// One that holds no virtual IP.
        case other = "not the VIP holder"
        /// The host of the step before.
        case same = "the same"
        /// All controllers at once; ended in a random order.
        case every = "every controller"
        /// One controller after the other, each once everything is whole again.
        case everyInTurn = "each in turn"
        /// The host that Keystone is on.
        case identity = "Keystone's host"
        /// The one whose broker leads the queues of ``Workload/messages``.
        case queueLeader = "queue leader"
    }

    /// What clients do meanwhile.
    package enum Workload: Hashable, Sendable {
        /// Requests to the Neutron API.
        case requests
        /// Messages to the brokers.
        case messages
    }

    /// One thing to do.
    package enum Step: Hashable, Sendable {
        case begin(Fault, on: Victim)
        /// Ends the fault on every host that has it.
        case end(Fault)
        case wait(seconds: Double)
        /// Waits until everything is whole, with what faults there still are; an error after so many seconds.
        case awaitWhole(seconds: Double)
        /// A client sends its worst requests of each kind, one and then many at once, for so many seconds at most.
        case greedyClient(seconds: Double)
    }

    /// Such as `kill-controller`.
    package var name: String
    package var family: Family
    /// Done before the load begins, and undone after it: what the scenario needs to be there.
    package var preparation: [Step] = []
    package var steps: [Step]
    package var limits: Limits
    /// Of a control: what the drill must notice, and nothing else; then the scenario passes.
    package var mustViolate: Defect?
    package var workload = Workload.requests
    /// Put into what was recorded, before it is judged.
    package var planted: PlantedDefect?
    /// How often a control is run until the drill has noticed what it must, at most: for what does not happen each time.
    package var attempts = 1

    package init(
        _ name: String, _ family: Family, preparation: [Step] = [], _ steps: [Step], _ limits: Limits,
        mustViolate: Defect? = nil
    ) {
        self.name = name
        self.family = family
        self.preparation = preparation
        self.steps = steps
        self.limits = limits
        self.mustViolate = mustViolate
    }

    /// What decides between pass and fail.
    package struct Limits: Hashable, Sendable {
        /// The most failed requests; nil when only the outage counts.
        package var failedRequests: Int?
        /// The longest outage of any run, in seconds.
        package var outage: Double
        /// The longest outage of writes of any run, in seconds; as `outage` unless it is another one.
        package var writeOutage: Double
        /// What several runs may show together; nil when only each run by itself counts.
        package var repeated: Repeated?
        /// The longest time until everything is whole again after the last step, in seconds.
        package var recovery: Double
        /// The longest time from the last step to a successful write that began after it; nil when it does not count.
        package var serving: Double?
        /// How long the virtual IPs may be seen on two hosts, in seconds, summed over them: the hosts' samples are not
        /// taken at one moment.
        package var splitBrain: Double

        /// Limits of several runs taken together, in seconds.
        package struct Repeated: Hashable, Sendable {
            /// The median of the longest outages.
            package var medianOutage: Double
            /// The same of writes.
            package var medianWriteOutage: Double
            /// The longest outage of all runs, of writes as well.
            package var worst: Double

            package init(medianOutage: Double, medianWriteOutage: Double, worst: Double) {
                self.medianOutage = medianOutage
                self.medianWriteOutage = medianWriteOutage
                self.worst = worst
            }

            /// The same limits with so many times as much time.
            func times(_ factor: Double) -> Repeated {
                Repeated(
                    medianOutage: medianOutage * factor, medianWriteOutage: medianWriteOutage * factor,
                    worst: worst * factor)
            }
        }

        package init(
            failedRequests: Int? = nil, outage: Double, writeOutage: Double? = nil, repeated: Repeated? = nil,
            recovery: Double, serving: Double? = nil, splitBrain: Double = 0.5
        ) {
            self.failedRequests = failedRequests
            self.outage = outage
            self.writeOutage = writeOutage ?? outage
            self.repeated = repeated
            self.recovery = recovery
            self.serving = serving
            self.splitBrain = splitBrain
        }

        /// The same limits with so many times as much time, for a machine that is slower than the one they were measured
        /// on. What does not depend on its pace stays: failed requests, and a virtual IP on two hosts.
        package func times(_ factor: Double) -> Limits {
            Limits(
                failedRequests: failedRequests, outage: outage * factor, writeOutage: writeOutage * factor,
                repeated: repeated?.times(factor), recovery: recovery * factor, serving: serving.map { $0 * factor },
                splitBrain: splitBrain)
        }
    }

    /// The faults in the order in which they begin, the preparation's too.
    package var faults: [(fault: Fault, victim: Victim)] {
        (preparation + steps).compactMap { step in
            if case .begin(let fault, let victim) = step { (fault, victim) } else { nil }
        }
    }

    /// Whether a greedy client takes part.
    var isGreedy: Bool {
        steps.contains { if case .greedyClient = $0 { true } else { false } }
    }

    /// Which host the first fault happens to.
    package var victim: Victim {
        for case .begin(_, let victim) in steps { return victim }
        return .other
    }

    /// For how many seconds a fault may last that begins with one of the steps, counted from that step: what a host
    /// that cannot be reached meanwhile needs to know to undo it by itself. Nil when the scenario does not end it.
    package func duration(from index: Int) -> Double? {
        guard steps.indices.contains(index), case .begin(let fault, _) = steps[index] else { return nil }
        var seconds = 0.0
        for step in steps[index...] {
            switch step {
            case .wait(let wait): seconds += wait
            case .end(fault): return seconds
            case .begin, .end: break
            case .awaitWhole(let limit), .greedyClient(let limit): seconds += limit
            }
        }
        return nil
    }

    /// What is done, in words: `haproxy killed (VIP holder); 2 s; powered off (not the VIP holder)`.
    package var text: String {
        let steps = (preparation + steps).compactMap { step -> String? in
            switch step {
            case .begin(let fault, let victim): "\(fault.text) (\(victim.rawValue))"
            case .wait(let seconds): seconds < 1 ? nil : "\(Int(seconds)) s"
            case .end(let fault): fault == faults.last?.fault ? nil : "end: \(fault.text)"
            case .awaitWhole: "until whole"
            case .greedyClient: "one client sends its worst requests of each kind, sixteen at once"
            }
        }
        return (steps + (planted.map { ["\($0.text) planted in the record"] } ?? [])).joined(separator: "; ")
    }
}
