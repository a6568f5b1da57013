import History
import Testing

/// The checker against histories that are known to be good, known to be bad, and against a slow model of what it means.
@Suite struct LinearizabilityPropertyTests {
    private func isViolated(_ requests: [RecordedRequest]) -> Bool {
        if case .violated = Linearizability.check(requests) { true } else { false }
    }

    @Test func itAgreesWithItsModel() {
        var generator = HistoryGenerator(seed: 1)
        var good = 0
        for round in 0..<6000 {
            let history = generator.anything(count: 3 + round % 5)
            let expected = LinearizabilityModel.isLinearizable(history)
            if expected { good += 1 }
            let verdict = Linearizability.check(history)
            guard (verdict == .linearizable) == expected else {
                let told = history.map { "\($0.operation) \($0.start)-\($0.end) \($0.outcome)" }
                Issue.record("round \(round): the model says \(expected), the check \(verdict): \(told)")
                return
            }
        }
        // Both kinds were there.
        #expect((500...5500).contains(good))
    }

    @Test(arguments: 1...10) func aRealRegisterPasses(seed: Int) {
        var generator = HistoryGenerator(seed: seed)
        #expect(Linearizability.check(generator.register(steps: 300)) == .linearizable)
    }

    @Test(arguments: 1...10) func aRealSetPasses(seed: Int) {
        var generator = HistoryGenerator(seed: seed)
        generator.reach = 25
        #expect(Linearizability.check(generator.set(steps: 300)) == .linearizable)
    }

    /// A read of what the last acknowledged write long before it had replaced.
    @Test(arguments: 1...10) func aStaleReadIsFound(seed: Int) {
        var generator = HistoryGenerator(seed: seed)
        var history = generator.register(steps: 120)
        history.append(contentsOf: Self.quietWrites(at: 10_000))
        #expect(Linearizability.check(history) == .linearizable)
        history.append(
            RecordedRequest(operation: .read(register: "r"), start: 10_300, end: 10_310, outcome: .succeeded("old")))
        #expect(isViolated(history))
    }

    /// An acknowledged write that no later read sees.
    @Test(arguments: 1...10) func aLostWriteIsFound(seed: Int) {
        var generator = HistoryGenerator(seed: seed)
        var history = generator.register(steps: 120)
        let writes = Self.quietWrites(at: 10_000)
        history.append(contentsOf: writes)
        history.append(
            RecordedRequest(operation: .read(register: "r"), start: 10_300, end: 10_310, outcome: .succeeded("new")))
        #expect(Linearizability.check(history) == .linearizable)
        history.removeAll { $0 == writes[1] }
        #expect(isViolated(history))
    }

    /// Two reads, one after the other, of which the second sees the older of two writes that overlap them both.
    @Test(arguments: 1...10) func reorderedReadsAreFound(seed: Int) {
        var generator = HistoryGenerator(seed: seed)
        var history = generator.register(steps: 120)
        history.append(
            RecordedRequest(
                operation: .write(register: "r", value: "old"), start: 10_000, end: 10_010, outcome: .succeeded(nil)))
        history.append(
            RecordedRequest(
                operation: .write(register: "r", value: "new"), start: 10_020, end: 11_000, outcome: .succeeded(nil)))
        for (start, value) in [(10_100, "new"), (10_200, "old")] as [(Int64, String)] {
            #expect(!isViolated(history))
            history.append(
                RecordedRequest(
                    operation: .read(register: "r"), start: start, end: start + 10, outcome: .succeeded(value)))
        }
        #expect(isViolated(history))
    }

    /// Every list of a real set, changed by one element that is certainly there or certainly not.
    @Test(arguments: 1...3) func aWrongListIsFound(seed: Int) {
        var generator = HistoryGenerator(seed: seed)
        // With reaches this short nothing overlaps, so that every other answer is wrong.
        generator.reach = 4
        generator.losesAnswers = false
        let good = generator.set(steps: 80)
        #expect(Linearizability.check(good) == .linearizable)
        for (index, request) in good.enumerated() {
            guard case .listed(let elements) = request.outcome else { continue }
            for wrong in [Array(elements.dropFirst()), elements + ["e7000"], elements + elements.prefix(1)]
            where wrong != elements {
                var bad = good
                bad[index].outcome = .listed(wrong)
                #expect(isViolated(bad), "\(wrong) instead of \(elements)")
            }
        }
    }

    /// Each list by itself may be true, but not both: one has seen only the first insert, the other only the second.
    @Test func listsThatContradictEachOtherAreFound() {
        func insert(_ element: String) -> RecordedRequest {
            RecordedRequest(
                operation: .insert(set: "s", element: element), start: 0, end: 100, outcome: .succeeded(element))
        }
        func list(_ elements: [String], at start: Int64) -> RecordedRequest {
            RecordedRequest(operation: .list(set: "s"), start: start, end: start + 50, outcome: .listed(elements))
        }
        let inserts = [insert("a"), insert("b")]
        #expect(Linearizability.check(inserts + [list(["a"], at: 10), list(["a", "b"], at: 20)]) == .linearizable)
        #expect(isViolated(inserts + [list(["a"], at: 10), list(["b"], at: 20)]))
        // An element that was seen once is there until it is removed.
        #expect(isViolated(inserts + [list(["a"], at: 10), list([], at: 70)]))
    }

    /// An outage at 200 requests a second leaves hundreds of writes whose outcome nobody knows, some of them done.
    @Test func manyUnknownWritesAreDecided() {
        var history: [RecordedRequest] = []
        for index in 0..<300 {
            history.append(
                RecordedRequest(
                    operation: .write(register: "r", value: "u\(index)"), start: Int64(index), end: 5000,
                    outcome: .unknown(reason: "gone")))
        }
        for (place, value) in ["u7", "u3", "u200", "u150", "u299"].enumerated() {
            let start = Int64(1000 + place * 10)
            history.append(
                RecordedRequest(
                    operation: .read(register: "r"), start: start, end: start + 5, outcome: .succeeded(value)))
        }
        #expect(Linearizability.check(history, limit: 10_000) == .linearizable)
        history.append(
            RecordedRequest(operation: .read(register: "r"), start: 2000, end: 2001, outcome: .succeeded("u3")))
        #expect(Linearizability.check(history, limit: 10_000) == .violated(object: "r"))
    }

    private static func quietWrites(at start: Int64) -> [RecordedRequest] {
        ["old", "new"].enumerated().map { index, value in
            let start = start + Int64(index) * 100
            return RecordedRequest(
                operation: .write(register: "r", value: value), start: start, end: start + 10,
                outcome: .succeeded(nil))
        }
    }
}
