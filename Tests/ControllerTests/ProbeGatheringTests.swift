import Testing

@testable import Controller

/// When a question to the store waits for more readers.
struct ProbeGatheringTests {
    @Test func whoComesAloneNeverWaits() {
        var gathering = ProbeGathering()
        #expect(gathering.pause(waiting: 1) == nil)
        gathering.questionEnded(answered: 1, waiting: 0, after: .milliseconds(5))
        #expect(gathering.pause(waiting: 1) == nil)
    }

    @Test func asManyAreExpectedAsThereWere() {
        var gathering = ProbeGathering()
        gathering.questionEnded(answered: 2, waiting: 1, after: .milliseconds(1))
        #expect(gathering.pause(waiting: 1) == .microseconds(500))
        #expect(gathering.pause(waiting: 2) == .microseconds(500))
        #expect(gathering.pause(waiting: 3) == nil)
        // Those who did not come are not expected again.
        gathering.questionEnded(answered: 1, waiting: 0, after: .milliseconds(1))
        #expect(gathering.pause(waiting: 1) == nil)
    }

    @Test(
        arguments: [
            (Duration.microseconds(20), Duration?.none), (.microseconds(199), nil),
            (.microseconds(200), .microseconds(100)), (.seconds(1), ProbeGathering.longest),
        ] as [(Duration, Duration?)])
    func theWaitIsAPartOfWhatAQuestionTakes(_ time: Duration, _ pause: Duration?) {
        var gathering = ProbeGathering()
        gathering.questionEnded(answered: 8, waiting: 8, after: time)
        #expect(gathering.pause(waiting: 8) == pause)
    }
}
