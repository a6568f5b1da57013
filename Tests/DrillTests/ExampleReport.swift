import Drill
import History
import SeededChance

/// A drill that might have been: a proxy killed, a host powered off with an outage, and one fault that could not be
/// injected. The same in each run.
enum ExampleReport {
    static let report: DrillReport = {
        var report = DrillReport(results: [killed, poweredOff, refused])
        report.circumstances.started = "2026-11-22T17:00:00Z"
        report.circumstances.installation = "testbed.py in lab report"
        report.circumstances.controllers = ["controller1", "controller2", "controller3"]
        report.circumstances.virtualIPs = ["10.77.0.100", "10.77.1.100"]
        report.circumstances.rate = 200
        report.circumstances.machine = "2 processors"
        return report
    }()

    /// Everything stays within its limits: two requests fail at once.
    static var killed: ScenarioResult {
        var random = Chance(seed: 7)
        let begin: Int64 = 3_000_000
        var requests = load(seconds: 8, random: &random) { start, _ in
            start > begin && start < begin + 180_000 ? begin + 180_000 - start : 0
        }
        for index in requests.indices where [610, 612].contains(index) {
            requests[index].end = requests[index].start + 2000
            requests[index].outcome = .unknown(reason: "remote connection closed")
        }
        var address = OwnerLane(.virtualIP("10.77.0.100"))
        address.observe(["controller1"], at: 0)
        address.observe(["controller2"], at: begin + 300_000)
        address.observe(["controller2"], at: 8_000_000)
        return result(
            "kill-haproxy", victim: "controller1", requests: requests,
            timeline: Timeline(
                of: requests,
                faults: [.init(name: "haproxy killed", host: "controller1", begin: begin, end: begin + 4000)],
                whole: begin + 1_900_000, lanes: [address, lane(.storeLeader, "controller3", until: 8_000_000)]),
            recovery: 1.9)
    }

    /// An outage beyond the limit, a lost object, and a virtual IP on two hosts.
    static var poweredOff: ScenarioResult {
        var random = Chance(seed: 11)
        let begin: Int64 = 3_000_000
        let back = begin + 4_200_000
        var requests = load(seconds: 52, random: &random) { start, number in
            guard start > begin, start < back else { return 0 }
            return number % 3 == 0 ? 5_000_000 : back - start + Int64(number % 40) * 9000
        }
        for index in requests.indices
        where requests[index].start > begin && requests[index].start < back && index % 3 == 0 {
            requests[index].outcome =
                index % 2 == 0 ? .unknown(reason: "deadline exceeded <after> 5 s & more") : .refused(status: 503)
            requests[index].end = requests[index].start + (index % 2 == 0 ? 5_000_000 : 3000)
        }
        var first = OwnerLane(.virtualIP("10.77.0.100"))
        var second = OwnerLane(.virtualIP("10.77.1.100"))
        first.observe(["controller1"], at: 0)
        second.observe(["controller1"], at: 0)
        first.observe([], at: begin + 200_000)
        first.observe(["controller2"], at: begin + 400_000)
        second.observe(["controller2", "controller1"], at: begin + 400_000)
        second.observe(["controller2"], at: begin + 1_200_000)
        first.observe(["controller2"], at: 52_000_000)
        second.observe(["controller2"], at: 52_000_000)
        var store = OwnerLane(.storeLeader)
        store.observe(["controller1"], at: 0)
        store.observe(nil, at: begin + 150_000)
        store.observe(["controller3"], at: begin + 1_100_000)
        store.observe(["controller3"], at: 52_000_000)
        var outbox = OwnerLane(.taskLeader("outbox"))
        outbox.observe(["controller2"], at: 0)
        outbox.observe(["controller2"], at: 52_000_000)
        return result(
            "power-off", victim: "controller1", requests: requests,
            timeline: Timeline(
                of: requests,
                faults: [.init(name: "powered off", host: "controller1", begin: begin, end: begin + 8_000_000)],
                whole: 49_000_000, lanes: [outbox, store, second, first]),
            recovery: 38, splitBrain: second.contestedSeconds, lost: 1)
    }

    /// Nothing was sent at all.
    static var refused: ScenarioResult {
        result(
            "cut-control", victim: "controller2", requests: [], timeline: .empty, recovery: nil,
            error: "the link 'control' of \"controller2\" <cannot> be cut & healed\u{7}")
    }

    static func result(
        _ name: String, victim: String, requests: [RecordedRequest], timeline: Timeline, recovery: Double?,
        splitBrain: Double = 0, lost: Int = 0, error: String? = nil
    ) -> ScenarioResult {
        let scenario = Scenario.catalogue.first { $0.name == name } ?? Scenario.catalogue[0]
        let created = requests.compactMap { request in
            if case .create(let name) = request.operation { request.succeeded ? name : nil } else { nil }
        }
        return ScenarioResult(
            scenario: scenario, victim: victim, availability: Availability(of: requests),
            writes: Availability(of: requests.filter(\.operation.isWrite)),
            audit: ObjectAudit(of: requests, present: created.dropFirst(lost).map { ($0, "id-\($0)") }),
            linearizability: .linearizable, recovery: recovery, splitBrain: splitBrain, leftovers: [],
            timeline: timeline, error: error)
    }

    private static func lane(_ subject: OwnerLane.Subject, _ owner: String, until end: Int64) -> OwnerLane {
        var lane = OwnerLane(subject)
        lane.observe([owner], at: 0)
        lane.observe([owner], at: end)
        return lane
    }

    /// 200 requests a second, half of them writes, each as slow as the disk and the fault make it.
    private static func load(
        seconds: Int, random: inout Chance, extra: (_ start: Int64, _ number: Int) -> Int64
    ) -> [RecordedRequest] {
        (0..<seconds * 200).map { number in
            let start = Int64(number) * 5000
            let base = number % 2 == 0 ? 4000 : 1500
            let tail = random.next() % 50 == 0 ? 30_000 : 0
            let latency = Int64(base + Int(random.next() % 4000) + tail) + extra(start, number)
            let operation: RecordedRequest.Operation =
                number % 2 == 0 ? .create(name: "port-\(number)") : .query("networks")
            return RecordedRequest(
                operation: operation, start: start, end: start + latency,
                outcome: .succeeded(number % 2 == 0 ? "id-port-\(number)" : nil))
        }
    }
}
