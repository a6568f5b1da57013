import History
import SeededChance

/// Histories of a real register and a real set under overlapping clients. The same for the same seed.
struct HistoryGenerator {
    var random: Chance
    /// How far an operation reaches before and behind the moment at which it takes effect, at most.
    var reach: Int64 = 40
    /// Whether some requests have no answer.
    var losesAnswers = true

    init(seed: Int) {
        random = Chance(seed: UInt64(seed))
    }

    mutating func number(below limit: Int) -> Int { Int(random.next() % UInt64(limit)) }

    /// An operation that takes effect at a moment.
    private mutating func request(
        _ operation: RecordedRequest.Operation, _ outcome: RecordedRequest.Outcome, at moment: Int64
    ) -> RecordedRequest {
        RecordedRequest(
            operation: operation, start: moment - Int64(number(below: Int(reach))),
            end: moment + Int64(number(below: Int(reach))), outcome: outcome)
    }

    /// A register that is written and read; writes without an answer were done or not.
    mutating func register(steps: Int) -> [RecordedRequest] {
        var value: String?
        return (0..<steps).map { step in
            let moment = Int64(step * 10)
            guard number(below: 2) == 0 else {
                return request(.read(register: "r"), .succeeded(value), at: moment)
            }
            let write = RecordedRequest.Operation.write(register: "r", value: "v\(step)")
            let fate = losesAnswers ? number(below: 20) : 19
            if fate > 1 || fate == 0 { value = "v\(step)" }
            return request(write, fate > 1 ? .succeeded(nil) : .unknown(reason: "gone"), at: moment)
        }
    }

    /// A set of a few elements; inserts and removes without an answer were done or not.
    mutating func set(steps: Int) -> [RecordedRequest] {
        var members: [String] = []
        // What could not be removed stays, and is never tried again.
        var kept: Set<String> = []
        return (0..<steps).map { step in
            let moment = Int64(step * 10)
            let fate = losesAnswers ? number(below: 20) : 19
            let isDone = fate != 1
            let outcome: RecordedRequest.Outcome = fate > 1 ? .succeeded("id") : .unknown(reason: "gone")
            switch number(below: 4) {
            case 0 where members.count < 12:
                if isDone { members.append("e\(step)") }
                return request(.insert(set: "s", element: "e\(step)"), outcome, at: moment)
            case 1 where members.count > kept.count:
                let element = members.filter { !kept.contains($0) }[number(below: members.count - kept.count)]
                if isDone { members.removeAll { $0 == element } } else { kept.insert(element) }
                return request(.remove(set: "s", element: element), outcome, at: moment)
            default:
                return request(.list(set: "s"), .listed(members), at: moment)
            }
        }
    }

    /// A few operations on one register and one set, with answers that may be true or not.
    mutating func anything(count: Int) -> [RecordedRequest] {
        var inserted: Set<String> = []
        var removed: Set<String> = []
        return (0..<count).map { step in
            let start = Int64(number(below: 12))
            let end = start + Int64(number(below: 6))
            let element = ["a", "b", "c"][number(below: 3)]
            var outcome = RecordedRequest.Outcome.succeeded("v\(number(below: count))")
            let operation: RecordedRequest.Operation
            switch number(below: 7) {
            case 0: operation = .write(register: "r", value: "v\(number(below: 3))")
            case 1: operation = .read(register: "r")
            case 2 where inserted.insert(element).inserted, 3 where inserted.insert(element).inserted:
                operation = .insert(set: "s", element: element)
            case 4 where removed.insert(element).inserted: operation = .remove(set: "s", element: element)
            default:
                operation = .list(set: "s")
                outcome = .listed(["a", "b", "c"].filter { _ in number(below: 2) == 0 })
            }
            switch number(below: 10) {
            case 0: outcome = .unknown(reason: "gone")
            case 1: outcome = .refused(status: 503)
            default: break
            }
            return RecordedRequest(operation: operation, start: start, end: end, outcome: outcome)
        }
    }
}
