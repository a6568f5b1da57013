import History
import Testing

@Suite struct TimelineTests {
    private func request(_ start: Int64, _ end: Int64, ok: Bool = true, isWrite: Bool = false) -> RecordedRequest {
        RecordedRequest(
            operation: isWrite ? .create(name: "\(start)") : .query("list"), start: start, end: end,
            outcome: ok ? .succeeded(nil) : .unknown(reason: "gone"))
    }

    @Test func everyRequestIsInOneBin() {
        let requests = (0..<5000).map { request($0 * 10_000, $0 * 10_000 + 3000, ok: $0 != 77, isWrite: $0 % 2 == 0) }
        let bins = LatencyBins(of: requests)
        #expect(bins.reads.count == bins.writes.count && bins.reads.count <= LatencyBins.limit)
        #expect(bins.reads.reduce(0) { $0 + $1.answered } == 2499)
        #expect(bins.reads.reduce(0) { $0 + $1.failed } == 1)
        #expect(bins.writes.reduce(0) { $0 + $1.answered } == 2500)
        #expect(bins.writes.allSatisfy { $0.medianMilliseconds == 3 && $0.slowestMilliseconds == 3 })
    }

    @Test(arguments: [0, 1, 999, 239_999, 240_000, 7_000_000, 3_600_000_000] as [Int64])
    func thereAreNeverMoreBinsThanTheLimit(span: Int64) {
        let bins = LatencyBins(of: [request(5, 6), request(5 + span, 6 + span)])
        #expect((1...LatencyBins.limit).contains(bins.reads.count))
        #expect(bins.reads.reduce(0) { $0 + $1.answered } == 2)
    }

    @Test func nothingWasAsked() {
        let timeline = Timeline.empty
        #expect(timeline.range.isEmpty && timeline.closeUp == nil && timeline.bins.reads.isEmpty)
    }

    @Test func theCloseUpShowsTheOutageAndTheFaultBeforeIt() {
        var requests = (0..<2000).map { request($0 * 10_000, $0 * 10_000 + 3000) }
        for index in 810..<900 { requests[index] = request(requests[index].start, requests[index].end, ok: false) }
        let fault = Timeline.Fault(name: "powered off", host: "a", begin: 8_000_000, end: 9_000_000)
        let timeline = Timeline(of: requests, faults: [fault], whole: nil, lanes: [])
        #expect(timeline.outage == 8_100_000..<9_003_000)
        #expect(timeline.closeUp?.range == 7_500_000..<10_500_000)
        #expect(timeline.closeUp?.answered.count == 300 - 90)
        #expect(timeline.failures.count == 90 && timeline.failures.first?.failure?.reason == "gone")
    }

    @Test func moreFailuresThanTheLimitAreCounted() {
        let requests = (0..<Int64(Timeline.sampleLimit) + 5).map { request($0, $0 + 1, ok: false) }
        let timeline = Timeline(of: requests, faults: [], whole: nil, lanes: [])
        #expect(timeline.failures.count == Timeline.sampleLimit)
        #expect(timeline.omittedFailures == 5)
    }

    @Test func aLaneKeepsChangesOnly() {
        var lane = OwnerLane(.storeLeader)
        for time in 0..<Int64(100) { lane.observe([time < 40 ? "a" : "b"], at: time) }
        #expect(lane.spans.map(\.owners) == [["a"], ["b"]])
        #expect(lane.spans.map(\.start) == [0, 40] && lane.spans.map(\.end) == [40, 99])
    }

    @Test func twoOwnersAreContestedUntilOneOfThemIsGone() {
        var lane = OwnerLane(.virtualIP("192.0.2.1"))
        lane.observe(["a"], at: 0)
        lane.observe(["b", "a"], at: 1_000_000)
        lane.observe(["a", "b"], at: 1_200_000)
        lane.observe(["b"], at: 1_500_000)
        #expect(lane.contestedSeconds == 0.5)
        #expect(lane.spans[1].owners == ["a", "b"])
    }

    @Test func aLaneIsBounded() {
        var lane = OwnerLane(.taskLeader("outbox"))
        for time in 0..<Int64(5000) { lane.observe([time % 2 == 0 ? "a" : "b"], at: time) }
        #expect(lane.spans.count == OwnerLane.limit + 1)
        #expect(lane.spans.last?.owners == nil && lane.spans.last?.end == 4999)
    }
}
