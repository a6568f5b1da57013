import Testing

@testable import Blueprint

@Suite struct VIPTermRuleTests {
    private let idle = VIPTermRule.Peer(term: 0, isHeard: true)

    @Test func whoOwnsNothingHasNoTerm() {
        var rule = VIPTermRule(term: 0)
        let hasChanged = rule.judge(holdsVirtualIP: false, peers: [idle, .init(term: 3, isHeard: true)])
        #expect(!hasChanged)
        #expect(rule.term == 0)
    }

    @Test func firstOwnerHasTheFirstTerm() {
        var rule = VIPTermRule(term: 0)
        let isNew = rule.judge(holdsVirtualIP: true, peers: [idle, idle])
        #expect(isNew)
        #expect(rule.term == 1)
        let isNewAgain = rule.judge(holdsVirtualIP: true, peers: [idle, idle])
        #expect(!isNewAgain)
    }

    /// The owner is frozen, another one takes over, and the first goes on: the later one has the higher priority, however
    /// the nodes' own priorities are.
    @Test func laterOwnerOutranksOneThatWasFrozen() {
        var frozen = VIPTermRule(term: 0)
        _ = frozen.judge(holdsVirtualIP: true, peers: [idle, idle])
        var later = VIPTermRule(term: 0)
        _ = later.judge(holdsVirtualIP: true, peers: [.init(term: frozen.term, isHeard: false), idle])
        #expect(later.term == 2)
        // Now each hears the other.
        _ = frozen.judge(holdsVirtualIP: true, peers: [.init(term: later.term, isHeard: true), idle])
        _ = later.judge(holdsVirtualIP: true, peers: [.init(term: frozen.term, isHeard: true), idle])
        let difference = (later.term - frozen.term) * VIPTermRule.weight
        #expect(difference > 8, "priorities are 200, 199, ... on the nodes")
    }

    @Test func countingBeginsAnewWhenNobodyElseClaimsTheAddresses() {
        var rule = VIPTermRule(term: 4)
        _ = rule.judge(holdsVirtualIP: true, peers: [.init(term: 0, isHeard: false), idle])
        #expect(rule.term == 4, "a silent node may be frozen, and have become the owner before it was")
        _ = rule.judge(holdsVirtualIP: true, peers: [idle, idle])
        #expect(rule.term == 1)
    }

    @Test func priorityStaysWithinVRRP() {
        var rule = VIPTermRule(term: 0)
        _ = rule.judge(holdsVirtualIP: true, peers: [.init(term: VIPTermRule.limit, isHeard: false)])
        #expect(rule.term == VIPTermRule.limit)
        #expect(200 + VIPTermRule.limit * VIPTermRule.weight <= 254)
    }

    @Test func restartOfTheProcessChangesNothing() {
        var rule = VIPTermRule(term: 2)
        let hasChanged = rule.judge(holdsVirtualIP: true, peers: [.init(term: 0, isHeard: false), idle])
        #expect(!hasChanged)
        #expect(rule.term == 2)
        #expect(VIPTermRule(term: 9).term == VIPTermRule.limit)
    }
}
