import History
import Testing

@Suite struct MessageAuditTests {
    private func publish(
        _ message: String, _ outcome: RecordedRequest.Outcome = .succeeded(nil), to queue: String = "q"
    ) -> RecordedRequest {
        RecordedRequest(
            operation: .publish(queue: queue, message: message), start: 0, end: 1, outcome: outcome)
    }

    @Test func aConfirmedMessageThatDidNotComeIsLost() {
        let requests = ["1", "2", "3"].map { publish($0) }
        let audit = MessageAudit(queue: "q", of: requests, received: ["1", "3"])
        #expect(audit.lost == ["2"])
        #expect(audit.published == 3 && audit.confirmed == 3 && audit.received == 2)
        #expect(MessageAudit(queue: "q", of: requests, received: ["3", "2", "1"]).lost.isEmpty)
        #expect(MessageAudit(queue: "q", of: requests, received: []).lost == ["1", "2", "3"])
    }

    @Test func whatWasNotConfirmedMayComeOrNot() {
        let requests = [
            publish("1", .unknown(reason: "no confirm")), publish("2", .refused(status: 0)),
            publish("3", .unknown(reason: "no confirm")),
        ]
        let audit = MessageAudit(queue: "q", of: requests, received: ["1", "2"])
        #expect(audit.lost.isEmpty && audit.confirmed == 0 && audit.published == 3 && audit.received == 2)
    }

    @Test func aMessageMayComeTwice() {
        let audit = MessageAudit(queue: "q", of: [publish("1"), publish("2")], received: ["1", "2", "1"])
        #expect(audit.repeated == ["1"])
        #expect(audit.lost.isEmpty && audit.received == 2)
    }

    /// A message of the same name in another queue is another message.
    @Test func queuesAreJudgedOneByOne() {
        let record = LoadRecord(
            requests: [publish("1", to: "a"), publish("1", to: "b")], messages: ["b": [], "a": ["1"]])
        let audits = record.messageAudits
        #expect(audits.map(\.queue) == ["a", "b"])
        #expect(audits.map(\.lost) == [[], ["1"]])
        #expect(audits.map(\.published) == [1, 1])
    }
}
