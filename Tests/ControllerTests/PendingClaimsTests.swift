import HashTreeCollections
import Store
import Testing

@testable import Controller

/// Who may claim which keys, without a service around it.
@Suite struct PendingClaimsTests {
    @Test func whatAnotherClaimedMeanwhileIsAClash() {
        var claims = PendingClaims()
        let first = claims.beginDecision()
        let second = claims.beginDecision()
        #expect(claims.claim(["a", "b"], by: first) == .claimed(["a", "b"]))
        #expect(claims.claim(["c", "b"], by: second) == .clash)
        #expect(claims.keys == ["a", "b"], "a clash claims nothing")
        #expect(claims.claim(["c"], by: second) == .claimed(["c"]))
    }

    @Test func whatWasCommittedAndShownMeanwhileIsAClashToo() {
        var claims = PendingClaims()
        let long = claims.beginDecision()
        let short = claims.beginDecision()
        #expect(claims.claim(["a"], by: short) == .claimed(["a"]))
        claims.end(short)
        claims.commit(["a"], at: Revision(5))
        claims.reached(Revision(5))
        #expect(claims.keys.isEmpty)
        #expect(claims.claim(["a"], by: long) == .clash)
        // Whoever begins now sees it in the replica, and whether it is there still.
        let later = claims.beginDecision()
        #expect(claims.claim(["a"], by: later) == .claimed(["a"]))
        claims.release(["a"])
        claims.end(long)
        claims.end(later)
        #expect(claims.claim(["a"], by: long) == .claimed(["a"]), "nothing is kept for decisions that have ended")
    }

    @Test func whoKnowsOfAKeyLeavesItToTheStore() {
        var claims = PendingClaims()
        #expect(claims.claim(["name"], by: claims.beginDecision()) == .claimed(["name"]))
        #expect(claims.claim(["name", "x"], by: claims.beginDecision()) == .claimed(["x"]))
        claims.release(["x"])
        #expect(claims.keys == ["name"], "the other's claim stays")
    }

    @Test func aCommittedKeyStaysUntilTheReplicaShowsIt() {
        var claims = PendingClaims()
        _ = claims.claim(["a", "b"], by: claims.beginDecision())
        claims.commit(["a"], at: Revision(5))
        claims.commit(["b"], at: Revision(7))
        claims.reached(Revision(4))
        #expect(claims.keys == ["a", "b"])
        claims.reached(Revision(6))
        #expect(claims.keys == ["b"])
        claims.reached(Revision(7))
        #expect(claims.keys.isEmpty)
    }

    @Test func thoseThatDecideAtTheSameTimeHaveDifferentPlaces() {
        var claims = PendingClaims()
        let first = claims.beginDecision()
        let second = claims.beginDecision()
        #expect([first.place, second.place] == [0, 1])
        claims.end(first)
        #expect(claims.beginDecision().place == 0)
        #expect(claims.beginDecision().place == 2)
    }

    @Test func whileATurnLastsNobodyElseClaims() {
        var claims = PendingClaims()
        let first = claims.takeTurn()
        let second = claims.takeTurn()
        let decision = claims.beginDecision()
        #expect(claims.claim(["a"], by: decision) == .waits)
        #expect(claims.claim([], by: decision) == .claimed([]), "what claims nothing waits for nobody")
        #expect(claims.claim(["a"], by: decision, turn: second) == .waits)
        #expect(claims.claim(["a"], by: decision, turn: first) == .claimed(["a"]))
        claims.end(first)
        #expect(claims.claim(["b"], by: decision) == .waits)
        #expect(claims.claim(["b"], by: decision, turn: second) == .claimed(["b"]))
        claims.end(second)
        #expect(claims.claim(["c"], by: decision) == .claimed(["c"]))
    }

    @Test func aTurnThatEndsBeforeItBeganHoldsNobodyUp() {
        var claims = PendingClaims()
        let first = claims.takeTurn()
        let second = claims.takeTurn()
        claims.end(second)
        claims.end(first)
        #expect(claims.isOpen(to: nil))
    }
}
