import Blueprint
import Testing

@Suite struct KeepalivedRuleTests {
    typealias Observation = KeepalivedRule.Observation

    /// One round of 50 ms: how often keepalived has slept, and what is not as usual.
    static func round(
        _ sleeps: Int?, holds: Bool = true, runnable: Bool = false, elapsed: Int = 50, stalled: Bool = false
    ) -> Observation {
        Observation(
            holdsVirtualIP: holds, sleeps: sleeps, isRunnable: runnable, elapsed: elapsed, wasStalled: stalled)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var rounds: [Observation]
        /// The number of the round in which keepalived is ended, and the silence that is named.
        var ended: [Int: Int] = [:]
    }

    @Test(arguments: [
        Case(
            testDescription: "says something every second round",
            rounds: (0..<20).map { round(100 + $0 / 2) }),
        Case(
            testDescription: "is late by a round, again and again",
            rounds: (0..<21).map { round(100 + $0 / 3) }),
        Case(testDescription: "hangs", rounds: (0..<6).map { _ in round(7) }, ended: [3: 150]),
        Case(testDescription: "hangs and holds nothing", rounds: (0..<20).map { _ in round(7, holds: false) }),
        Case(
            testDescription: "gets the address after it has slept",
            rounds: (0..<10).map { round(7, holds: $0 >= 8) }),
        Case(
            testDescription: "loops or gets no CPU for less than the others wait",
            rounds: (0..<8).map { _ in round(7, runnable: true) } + [round(8)]),
        Case(
            testDescription: "loops or gets no CPU for longer",
            rounds: (0..<10).map { _ in round(7, runnable: true) }, ended: [8: 400]),
        Case(
            testDescription: "the host was frozen",
            rounds: [round(7), round(7), round(7, elapsed: 10_000, stalled: true), round(8), round(8)]),
        Case(
            testDescription: "hangs while the observer is stalled now and then",
            rounds: (0..<8).map { round(7, elapsed: $0 % 2 == 0 ? 50 : 300, stalled: $0 % 2 == 1) }, ended: [6: 150]),
        Case(testDescription: "does not run", rounds: (0..<20).map { _ in round(nil) }),
        Case(
            testDescription: "was started anew, and has slept less often than its predecessor",
            rounds: [round(7), round(7), round(7), round(2), round(3), round(3)]),
        Case(
            testDescription: "a round that took long counts as long as it was",
            rounds: [round(7), round(7, elapsed: 160)], ended: [1: 160]),
        Case(
            testDescription: "hangs on after it was ended: again when the pause is over",
            rounds: (0..<110).map { _ in round(7) }, ended: [3: 150, 103: 5_150]),
    ])
    func rounds(of example: Case) {
        var rule = KeepalivedRule(silence: 150, takeover: 400)
        var ended: [Int: Int] = [:]
        for (number, observation) in example.rounds.enumerated() {
            if let quiet = rule.judge(observation) { ended[number] = quiet }
        }
        #expect(ended == example.ended)
    }

    /// The owner is ended before the others' time is over, and never while it only waits for its next advertisement.
    @Test func theTimesFitToVRRP() {
        let budget = TimingBudget()
        #expect(budget.vipSilence > budget.vrrpAdvertisement)
        #expect(
            budget.vipSilence + budget.vipHealthInterval < budget.vrrpMissedAdvertisements * budget.vrrpAdvertisement)
    }
}
