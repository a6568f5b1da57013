import Blueprint
import Testing

@Suite struct VIPHealthRuleTests {
    static let timing = VIPHealthConfiguration.Timing(TimingBudget())

    /// The verdict on a state that lasts, from a healthy start and from a faulty one: both must end alike.
    static func verdict(_ observation: VIPHealthRule.Observation, from fault: VIPHealthRule.Fault?) -> VIPHealthRule
        .Fault?
    {
        var rule = VIPHealthRule(timing: timing, fault: fault)
        for _ in 0..<20 { _ = rule.judge(observation) }
        return rule.fault
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var backends: Int?
        var silence: [[Int]]
        var fault: VIPHealthRule.Fault?
    }

    @Test(arguments: [
        Case(testDescription: "all well", backends: 3, silence: [[10, 20], [10, 20]], fault: nil),
        Case(testDescription: "proxy dead", backends: nil, silence: [[10, 20], [10, 20]], fault: .proxyDead),
        Case(testDescription: "no backend, majority", backends: 0, silence: [[10, 9999], [10, 9999]], fault: nil),
        Case(
            testDescription: "no backend, alone", backends: 0, silence: [[9999, 9999], [9999, 9999]], fault: .minority),
        Case(testDescription: "both peers gone, own backend", backends: 1, silence: [[9999, 9999], [9999, 9999]]),
        Case(
            testDescription: "second network silent", backends: 3, silence: [[10, 20], [9999, 9999]],
            fault: .networkDead(1)),
        Case(
            testDescription: "first network silent, one peer off", backends: 2, silence: [[9999, 9999], [10, 9999]],
            fault: .networkDead(0)),
        Case(testDescription: "one peer off", backends: 2, silence: [[10, 9999], [10, 9999]]),
        Case(testDescription: "a peer without its network", backends: 3, silence: [[10, 9999], [10, 20]]),
        Case(testDescription: "two nodes, one network silent", backends: 2, silence: [[10], [9999]]),
        Case(
            testDescription: "two nodes, peer off, no backend", backends: 0, silence: [[9999], [9999]], fault: .minority
        ),
        Case(testDescription: "two nodes, peer off", backends: 1, silence: [[9999], [9999]]),
        Case(testDescription: "alone", backends: 1, silence: [[], []]),
        Case(testDescription: "alone without backend", backends: 0, silence: [[]]),
        Case(testDescription: "heard once on each network", backends: 0, silence: [[10, 9999], [9999, 20]]),
    ])
    func verdict(of example: Case) {
        let observation = VIPHealthRule.Observation(backends: example.backends, silence: example.silence)
        #expect(Self.verdict(observation, from: nil) == example.fault)
        #expect(Self.verdict(observation, from: .unknown) == example.fault)
    }

    /// With the store's members on the VIP nodes, a node knows by its peers' silence alone that it is cut off, before they
    /// take its addresses.
    @Test(arguments: [
        (silence: [[10, 20], [10, 20]], fault: nil as VIPHealthRule.Fault?),
        (silence: [[10, 9999], [10, 9999]], fault: nil),
        (silence: [[9999, 10], [160, 170]], fault: nil),
        (silence: [[160, 170], [180, 190]], fault: .storeOutOfReach),
        (silence: [[9999, 9999], [9999, 9999]], fault: .storeOutOfReach),
    ])
    func theStoreIsOutOfReach(silence: [[Int]], fault: VIPHealthRule.Fault?) {
        let store = VIPHealthConfiguration.Store(members: 3, peers: [0, 1], silence: TimingBudget().vipSeparation)
        for start in [nil, VIPHealthRule.Fault.unknown] {
            var rule = VIPHealthRule(timing: Self.timing, store: store, fault: start)
            for _ in 0..<20 { _ = rule.judge(.init(backends: 3, silence: silence)) }
            #expect(rule.fault == fault)
        }
    }

    /// Of three members one is on a peer: the two elsewhere may be a majority, whoever is silent here.
    @Test func membersElsewhereCountAsReachable() {
        let store = VIPHealthConfiguration.Store(members: 3, peers: [1], silence: 150)
        var rule = VIPHealthRule(timing: Self.timing, store: store, fault: nil)
        for _ in 0..<20 { _ = rule.judge(.init(backends: 1, silence: [[9999, 9999]])) }
        #expect(rule.fault == nil)
    }

    @Test func takesTwoBadRoundsAndFiveGoodOnes() {
        var rule = VIPHealthRule(timing: Self.timing, fault: nil)
        let bad = VIPHealthRule.Observation(backends: nil, silence: [])
        let good = VIPHealthRule.Observation(backends: 1, silence: [])
        let rounds = [bad, good, bad, bad, good, good, good, good, good]
        let changes = rounds.map { rule.judge($0) }
        #expect(changes == [false, false, false, true, false, false, false, false, true])
        #expect(rule.fault == nil)
    }

    /// A proxy that wants a CPU gets more time; one that hangs does not, whatever it did before.
    @Test func aLateProxyIsNotADeadOne() {
        var rule = VIPHealthRule(timing: Self.timing, starvation: .init(unit: "haproxy.service", fall: 10), fault: nil)
        let late = VIPHealthRule.Observation(backends: nil, isProxyRunnable: true, silence: [])
        let changes = (0..<10).map { _ in rule.judge(late) }
        #expect(changes == Array(repeating: false, count: 9) + [true])
        #expect(rule.fault == .proxyLate)
        rule = VIPHealthRule(timing: Self.timing, starvation: .init(unit: "haproxy.service", fall: 10), fault: nil)
        let hung = VIPHealthRule.Observation(backends: nil, silence: [])
        let next = [late, hung].map { rule.judge($0) }
        #expect(next == [false, true])
        #expect(rule.fault == .proxyDead)
    }

    @Test func ignoresRoundsInWhichItWasStalledItself() {
        var rule = VIPHealthRule(timing: Self.timing, fault: nil)
        for _ in 0..<10 {
            _ = rule.judge(.init(backends: nil, silence: [[9999, 9999]], wasStalled: true))
        }
        #expect(rule.fault == nil)
    }
}
