import Testing

@testable import Broker

struct PublishLedgerTests {
    static let now = ContinuousClock.now

    static func message(_ text: String = "x", mandatory: Bool = false) -> OutgoingMessage {
        OutgoingMessage(exchange: "e", routingKey: "k", body: Array(text.utf8), messageID: text, mandatory: mandatory)
    }

    static func ledger(count: UInt64 = 0, _ change: (inout BrokerLimits) -> Void = { _ in }) -> PublishLedger {
        var limits = BrokerLimits()
        change(&limits)
        var ledger = PublishLedger(limits: limits)
        for id in 0..<count { _ = ledger.add(id, message("\(id)"), deadline: now + .seconds(Int(id) + 1)) }
        return ledger
    }

    static func codes(_ resolutions: [PublishLedger.Resolution]) -> [UInt64: BrokerError.Code?] {
        Dictionary(
            uniqueKeysWithValues: resolutions.map { resolution in
                switch resolution.outcome {
                case .success: (resolution.id, nil)
                case .failure(let error): (resolution.id, error.code)
                }
            })
    }

    @Test func aConfirmOfManyResolvesAllUpToIt() {
        var ledger = Self.ledger(count: 4)
        for _ in 0..<4 { _ = ledger.takeNext() }
        #expect(Self.codes(ledger.confirmed(2, multiple: false, isPositive: true)) == [1: nil])
        #expect(ledger.outstanding == 4)
        #expect(Self.codes(ledger.confirmed(3, multiple: true, isPositive: true)) == [0: nil, 2: nil])
        #expect(ledger.outstanding == 1)
        #expect(Self.codes(ledger.confirmed(4, multiple: false, isPositive: false)) == [3: .refused])
        #expect(ledger.isEmpty)
    }

    @Test(arguments: [0, 3, 4, UInt64.max])
    func confirmsOfNothingAreIgnored(tag: UInt64) {
        var ledger = Self.ledger(count: 3)
        for _ in 0..<2 { _ = ledger.takeNext() }
        for multiple in [true, false] {
            #expect(ledger.confirmed(tag, multiple: multiple, isPositive: true).isEmpty)
        }
        #expect(Self.codes(ledger.confirmed(1, multiple: false, isPositive: true)) == [0: nil])
        #expect(ledger.confirmed(1, multiple: false, isPositive: true).isEmpty)
    }

    @Test func noMoreThanTheLimitIsOutstanding() {
        var ledger = Self.ledger(count: 5) { $0.outstandingMessages = 2 }
        #expect(ledger.takeNext()?.messageID == "0")
        #expect(ledger.takeNext()?.messageID == "1")
        #expect(ledger.takeNext() == nil)
        _ = ledger.confirmed(1, multiple: false, isPositive: true)
        #expect(ledger.takeNext()?.messageID == "2")
        #expect(ledger.takeNext() == nil)
    }

    @Test func whatExpiredBeforeItsConfirmKeepsItsPlace() {
        var ledger = Self.ledger(count: 3) { $0.outstandingMessages = 2 }
        _ = ledger.takeNext()
        _ = ledger.takeNext()
        let late = ledger.expire(now: Self.now + .seconds(10), reason: "frozen")
        #expect(Self.codes(late) == [0: .unconfirmed, 1: .unconfirmed, 2: .unavailable])
        #expect(ledger.isEmpty)
        #expect(ledger.outstanding == 2)
        _ = ledger.add(9, Self.message("9"), deadline: Self.now + .seconds(60))
        #expect(ledger.takeNext() == nil)
        #expect(ledger.confirmed(2, multiple: true, isPositive: true).isEmpty)
        #expect(ledger.takeNext()?.messageID == "9")
        #expect(Self.codes(ledger.confirmed(3, multiple: false, isPositive: true)) == [9: nil])
    }

    @Test func deadlinesAreKeptOneByOne() {
        var ledger = Self.ledger(count: 3)
        #expect(ledger.earliestDeadline == Self.now + .seconds(1))
        #expect(ledger.expire(now: Self.now, reason: "").isEmpty)
        #expect(Self.codes(ledger.expire(now: Self.now + .seconds(2), reason: "away")).count == 2)
        #expect(ledger.earliestDeadline == Self.now + .seconds(3))
        #expect(ledger.takeNext()?.messageID == "2")
    }

    @Test func aLostChannelLeavesTheOutcomeUnknownAndTheRestWaiting() {
        var ledger = Self.ledger(count: 3)
        _ = ledger.takeNext()
        _ = ledger.takeNext()
        _ = ledger.confirmed(2, multiple: false, isPositive: true)
        #expect(Self.codes(ledger.channelLost("gone")) == [0: .unconfirmed])
        #expect(ledger.takeNext()?.messageID == "2")
        #expect(Self.codes(ledger.confirmed(1, multiple: false, isPositive: true)) == [2: nil])
    }

    @Test func aReturnedMessageIsUnroutable() {
        var ledger = Self.ledger()
        _ = ledger.add(1, Self.message("a", mandatory: true), deadline: Self.now + .seconds(1))
        _ = ledger.add(2, Self.message("a", mandatory: true), deadline: Self.now + .seconds(1))
        _ = ledger.takeNext()
        _ = ledger.takeNext()
        ledger.returned(exchange: "e", routingKey: "k", messageID: "other", text: "312")
        ledger.returned(exchange: "e", routingKey: "k", messageID: "a", text: "312")
        let resolutions = ledger.confirmed(2, multiple: true, isPositive: true)
        #expect(Self.codes(resolutions) == [1: .unroutable, 2: nil])
    }

    @Test func limitsAreHeld() {
        var ledger = Self.ledger {
            $0.queuedMessages = 2
            $0.queuedBytes = 10
            $0.bodyBytes = 8
        }
        let deadline = Self.now + .seconds(1)
        #expect(ledger.add(1, Self.message("123456789"), deadline: deadline)?.code == .invalid)
        #expect(ledger.add(2, Self.message("12345678"), deadline: deadline) == nil)
        #expect(ledger.add(3, Self.message("123"), deadline: deadline)?.code == .overloaded)
        #expect(ledger.add(4, Self.message("1"), deadline: deadline) == nil)
        #expect(ledger.add(5, Self.message("1"), deadline: deadline)?.code == .overloaded)
        _ = ledger.takeNext()
        _ = ledger.confirmed(1, multiple: false, isPositive: true)
        #expect(ledger.add(6, Self.message("12345678"), deadline: deadline) == nil)
        var long = Self.message()
        long.routingKey = String(repeating: "k", count: 256)
        #expect(ledger.add(7, long, deadline: deadline)?.code == .invalid)
    }

    @Test func cancellingTellsWhetherItWasSent() {
        var ledger = Self.ledger(count: 2)
        _ = ledger.takeNext()
        #expect(ledger.cancel(0).map { Self.codes([$0]) } == [0: .unconfirmed])
        #expect(ledger.cancel(1).map { Self.codes([$0]) } == [1: .closed])
        #expect(ledger.cancel(1) == nil)
        #expect(ledger.takeNext() == nil)
        #expect(ledger.confirmed(1, multiple: false, isPositive: true).isEmpty)
    }

    @Test func closingEndsAll() {
        var ledger = Self.ledger(count: 3)
        _ = ledger.takeNext()
        #expect(Self.codes(ledger.closeAll()) == [0: .unconfirmed, 1: .closed, 2: .closed])
        #expect(ledger.isEmpty)
        #expect(ledger.takeNext() == nil)
    }

    @Test func longQueuesKeepTheirOrder() {
        var ledger = Self.ledger(count: 5000) { $0.outstandingMessages = 100 }
        var order: [String] = []
        var tag: UInt64 = 0
        while let message = ledger.takeNext() {
            order.append(message.messageID)
            tag += 1
            if tag % 7 == 0 { _ = ledger.confirmed(tag, multiple: true, isPositive: true) }
        }
        #expect(order == (0..<5000).map(String.init))
    }
}

struct BackoffTests {
    @Test func pausesDoubleUpToTheLongest() {
        let backoff = Backoff(first: .milliseconds(100), longest: .seconds(1))
        #expect(
            [-1, 0, 1, 2, 3, 4, 5, 100].map { backoff.pause(attempt: $0, chance: 1) } == [
                .milliseconds(100), .milliseconds(100), .milliseconds(100), .milliseconds(200), .milliseconds(400),
                .milliseconds(800), .seconds(1), .seconds(1),
            ])
        #expect(backoff.pause(attempt: 1, chance: 0) == .milliseconds(50))
    }
}
