/// What happened during a scenario, and when: small enough to keep, to write down and to draw, however many requests
/// there were. All times are microseconds of the load's clock.
package struct Timeline: Hashable, Sendable {
    /// Something that was done to a host.
    package struct Fault: Hashable, Sendable {
        /// In words, such as `power-off`.
        package var name: String
        package var host: String
        package var begin: Int64
        /// Nil while it lasts, and when it could not be undone.
        package var end: Int64?

        package init(name: String, host: String, begin: Int64, end: Int64? = nil) {
            self.name = name
            self.host = host
            self.begin = begin
            self.end = end
        }
    }

    /// A request as a picture shows it.
    package struct Sample: Hashable, Sendable {
        package var start: Int64
        package var end: Int64
        package var isWrite: Bool
        /// Why the client did not get what it asked for; nil when it did.
        package var failure: RecordedRequest.Failure?
    }

    /// Every request around the moment that matters most.
    package struct CloseUp: Hashable, Sendable {
        package var range: Range<Int64>
        /// In the order of their starts; failed ones are in ``Timeline/failures``.
        package var answered: [Sample]
    }

    /// The most failed requests, and the most answered ones of the close-up, that are kept one by one.
    package static let sampleLimit = 4000

    /// From the first request's start to the last one's end.
    package let range: Range<Int64>
    package let faults: [Fault]
    /// When everything was whole again after the last fault; nil when that was not seen.
    package let whole: Int64?
    /// In the order of their subjects: virtual IPs, the store, tasks.
    package let lanes: [OwnerLane]
    package let bins: LatencyBins
    /// Requests that failed, in the order of their starts: the first ``sampleLimit`` of them.
    package let failures: [Sample]
    /// How many more failed.
    package let omittedFailures: Int
    /// The longest time without an answer; nil without requests.
    package let outage: Range<Int64>?
    /// Nil without requests.
    package let closeUp: CloseUp?

    /// Of a scenario of which nothing is known.
    package static let empty = Timeline(of: [], faults: [], whole: nil, lanes: [])

    package init(of requests: [RecordedRequest], faults: [Fault], whole: Int64?, lanes: [OwnerLane]) {
        let ordered = requests.sorted { $0.start < $1.start }
        let first = ordered.first?.start ?? 0
        let last = max(requests.map(\.end).max() ?? 0, first)
        range = first..<last
        self.faults = faults
        self.whole = whole
        self.lanes = lanes.sorted { $0.subject < $1.subject }
        bins = LatencyBins(of: requests)
        let failed = ordered.filter { !$0.succeeded }
        failures = failed.prefix(Self.sampleLimit).map { Sample($0) }
        omittedFailures = failed.count - failures.count
        outage = Availability(of: requests).outage
        closeUp = outage.map { outage in
            let range = Self.closeUpRange(outage: outage, faults: faults)
            let inside = ordered.filter { $0.succeeded && $0.start >= range.lowerBound && $0.start < range.upperBound }
            let step = inside.count / Self.sampleLimit + 1
            return CloseUp(
                range: range, answered: stride(from: 0, to: inside.count, by: step).map { Sample(inside[$0]) })
        }
    }

    /// Begins half a second before the fault that the longest outage follows, and shows the whole outage, but no more
    /// than 12 seconds.
    private static func closeUpRange(outage: Range<Int64>, faults: [Fault]) -> Range<Int64> {
        let cause = faults.last { $0.begin <= outage.upperBound } ?? faults.first
        var start = outage.lowerBound - 500_000
        if let cause, cause.begin <= outage.lowerBound, outage.lowerBound - cause.begin < 4_000_000 {
            start = cause.begin - 500_000
        }
        let end = min(max(start + 3_000_000, outage.upperBound + 500_000), start + 12_000_000)
        return start..<end
    }
}

extension Timeline.Sample {
    fileprivate init(_ request: RecordedRequest) {
        self.init(
            start: request.start, end: request.end, isWrite: request.operation.isWrite, failure: request.failure)
    }
}
