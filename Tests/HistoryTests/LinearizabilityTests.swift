import History
import SeededChance
import Testing

/// Histories known to be good and known to be bad.
@Suite struct LinearizabilityTests {
    private func write(_ value: String, _ start: Int64, _ end: Int64) -> RecordedRequest {
        RecordedRequest(
            operation: .write(register: "r", value: value), start: start, end: end, outcome: .succeeded(nil))
    }

    private func lostWrite(_ value: String, _ start: Int64) -> RecordedRequest {
        RecordedRequest(
            operation: .write(register: "r", value: value), start: start, end: start + 1,
            outcome: .unknown(reason: "no answer"))
    }

    private func read(_ value: String?, _ start: Int64, _ end: Int64) -> RecordedRequest {
        RecordedRequest(operation: .read(register: "r"), start: start, end: end, outcome: .succeeded(value))
    }

    @Test func oneAfterTheOtherIsLinearizable() {
        #expect(
            Linearizability.check([write("a", 0, 1), read("a", 2, 3), write("b", 4, 5), read("b", 6, 7)])
                == .linearizable)
    }

    @Test func aStaleReadIsFound() {
        #expect(
            Linearizability.check([write("a", 0, 1), write("b", 2, 3), read("a", 4, 5)]) == .violated(object: "r"))
    }

    @Test func readsThatGoBackInTimeAreFound() {
        let history = [write("a", 0, 1), write("b", 2, 20), read("b", 3, 4), read("a", 5, 6)]
        #expect(Linearizability.check(history) == .violated(object: "r"))
    }

    @Test func aWriteUnderWayMayBeSeenOrNot() {
        for value in ["a", "b"] {
            #expect(
                Linearizability.check([write("a", 0, 1), write("b", 2, 10), read(value, 3, 4)]) == .linearizable)
        }
    }

    @Test func aLostWriteMayTakeEffectLaterOrNever() {
        #expect(Linearizability.check([write("a", 0, 1), lostWrite("b", 2), read("a", 5, 6)]) == .linearizable)
        let late = [write("a", 0, 1), lostWrite("b", 2), read("a", 5, 6), read("b", 8, 9)]
        #expect(Linearizability.check(late) == .linearizable)
        #expect(Linearizability.check(late + [read("a", 10, 11)]) == .violated(object: "r"))
    }

    @Test func aReadOfWhatNobodyWroteIsFound() {
        #expect(Linearizability.check([read("ghost", 0, 1)]) == .violated(object: "r"))
        #expect(Linearizability.check([read(nil, 0, 1)]) == .linearizable)
    }

    /// A real register, read and written by overlapping clients at random moments, always passes; with one read
    /// replaced by an older value it does not.
    @Test(arguments: 1...40)
    func realHistoriesPassAndAPlantedStaleReadDoesNot(seed: Int) {
        var random = Chance(seed: UInt64(seed))
        var history: [RecordedRequest] = []
        var value: String?
        var values: [String] = []
        for step in 0..<120 {
            // Each operation takes effect at `moment`; its start and end lie around it and overlap its neighbours'.
            let moment = Int64(step * 10)
            let start = moment - Int64(random.next() % 30)
            let end = moment + Int64(random.next() % 30)
            if random.next() % 2 == 0 {
                value = "v\(step)"
                values.append("v\(step)")
                history.append(write("v\(step)", start, end))
            } else {
                history.append(read(value, start, end))
            }
        }
        #expect(Linearizability.check(history) == .linearizable)
        let stale = read(values.first, 2000, 2001)
        #expect(Linearizability.check(history + [stale]) == .violated(object: "r"))
    }
}
