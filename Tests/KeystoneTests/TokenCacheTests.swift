import FoundationEssentials
import Testing

@testable import Keystone

@Suite struct TokenCacheTests {
    private let start = Moment(date: Date(timeIntervalSince1970: 1_000_000), instant: .now)

    private func later(_ seconds: Int) -> Moment {
        Moment(date: start.date.addingTimeInterval(TimeInterval(seconds)), instant: start.instant + .seconds(seconds))
    }

    private func identity(expiresIn seconds: Int) -> Identity {
        Identity(
            userID: "u", userName: "u", projectID: "p", projectName: "p", roles: ["Member"],
            expiresAt: later(seconds).date)
    }

    private func cache(limit: Int = 100) -> TokenCache {
        TokenCache(limit: limit, maximumAge: .seconds(300), refusalAge: .seconds(5))
    }

    @Test func entryIsFreshThenStaleThenGone() {
        var cache = cache()
        let token = TokenDigest("t")
        let identity = identity(expiresIn: 600)
        #expect(cache.knowledge(of: token, at: start) == .nothing)
        cache.learn(identity, of: token, at: start)
        #expect(cache.knowledge(of: token, at: later(299)) == .valid(identity))
        #expect(cache.knowledge(of: token, at: later(300)) == .stale(identity))
        #expect(cache.knowledge(of: token, at: later(599)) == .stale(identity))
        #expect(cache.knowledge(of: token, at: later(600)) == .nothing)
    }

    @Test func ownExpiryEndsAFreshEntry() {
        var cache = cache()
        cache.learn(identity(expiresIn: 60), of: TokenDigest("t"), at: start)
        #expect(cache.knowledge(of: TokenDigest("t"), at: later(60)) == .nothing)
    }

    @Test func refusalReplacesAndEnds() {
        var cache = cache()
        let token = TokenDigest("t")
        let error = KeystoneError(.unauthorized, "no")
        cache.learn(identity(expiresIn: 600), of: token, at: start)
        cache.learn(refusal: error, of: token, at: start)
        #expect(cache.knowledge(of: token, at: later(4)) == .invalid(error))
        #expect(cache.knowledge(of: token, at: later(5)) == .nothing)
    }

    @Test func sizeIsLimited() {
        var cache = cache(limit: 100)
        let used = TokenDigest("used")
        cache.learn(identity(expiresIn: 600), of: used, at: start)
        for index in 0..<1_000 {
            cache.learn(identity(expiresIn: 600), of: TokenDigest("\(index)"), at: start)
            cache.learn(refusal: KeystoneError(.unauthorized, ""), of: TokenDigest("wrong-\(index)"), at: start)
            #expect(cache.count <= 100 + 100 / 8 + 2)
            // What is used stays.
            #expect(cache.knowledge(of: used, at: start) == .valid(identity(expiresIn: 600)))
        }
    }

    @Test func expiredTokensAreKeptApart() {
        #expect(TokenDigest("t") != TokenDigest("t", isExpiredAllowed: true))
    }
}

@Suite struct CircuitBreakerTests {
    private let start = ContinuousClock.now
    private let silence = KeystoneError(.unavailable, "silence", isAnswered: false)

    @Test func oneProbesAndTheOthersAreTold() {
        var breaker = CircuitBreaker()
        #expect(breaker.permission(at: start) == .ask)
        #expect(breaker.failed(silence, at: start) == true)
        #expect(breaker.permission(at: start) == .refused(silence))
        let later = start + .seconds(1)
        #expect(breaker.permission(at: later) == .probe)
        #expect(breaker.permission(at: later) == .refused(silence))
        #expect(breaker.failed(silence, at: later) == false)
        #expect(breaker.permission(at: later) == .refused(silence))
        #expect(breaker.permission(at: later + .seconds(1)) == .probe)
        #expect(breaker.succeeded() == true)
        #expect(breaker.permission(at: later) == .ask)
    }

    @Test func oneOddAnswerIsNoOutage() {
        var breaker = CircuitBreaker()
        let odd = KeystoneError(.unavailable, "500")
        #expect(breaker.failed(odd, at: start) == false)
        #expect(breaker.failed(odd, at: start) == false)
        #expect(breaker.succeeded() == false)
        #expect(breaker.failed(odd, at: start) == false)
        #expect(breaker.failed(odd, at: start) == false)
        #expect(breaker.failed(odd, at: start) == true)
        #expect(breaker.outage == odd)
    }

    @Test func refusedCredentialsWaitLonger() {
        var breaker = CircuitBreaker()
        #expect(breaker.failed(KeystoneError(.credentialsRefused, "no"), at: start) == true)
        #expect(breaker.permission(at: start + .seconds(14)) != .probe)
        #expect(breaker.permission(at: start + .seconds(15)) == .probe)
    }
}
