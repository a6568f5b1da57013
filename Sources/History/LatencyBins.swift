/// How long requests waited for their answers over time, in steps of equal width, so that a picture of any number of
/// requests stays small.
package struct LatencyBins: Hashable, Sendable {
    /// The requests that were sent during one step.
    package struct Bin: Hashable, Sendable {
        /// Requests that got what they asked for; the times are theirs.
        package var answered = 0
        package var failed = 0
        package var medianMilliseconds = 0.0
        package var percentile99Milliseconds = 0.0
        package var slowestMilliseconds = 0.0
    }

    /// The most steps.
    package static let limit = 240

    /// When the first step begins, in microseconds of the load's clock.
    package let start: Int64
    /// Microseconds of a step: 1, 2 or 5 times a power of ten.
    package let width: Int64
    package let reads: [Bin]
    package let writes: [Bin]

    package init(of requests: [RecordedRequest]) {
        let start = requests.map(\.start).min() ?? 0
        let end = requests.map(\.start).max() ?? 0
        let width = Self.width(for: end - start)
        self.start = start
        self.width = width
        let count = requests.isEmpty ? 0 : Int((end - start) / width) + 1
        func bins(_ part: [RecordedRequest]) -> [Bin] {
            var members = [[RecordedRequest]](repeating: [], count: count)
            for request in part { members[Int((request.start - start) / width)].append(request) }
            return members.map { Bin($0) }
        }
        reads = bins(requests.filter { !$0.operation.isWrite })
        writes = bins(requests.filter(\.operation.isWrite))
    }

    private static func width(for span: Int64) -> Int64 {
        var unit: Int64 = 1000
        while true {
            for factor in [1, 2, 5] as [Int64] where span / (unit * factor) < Int64(limit) { return unit * factor }
            unit *= 10
        }
    }
}

extension LatencyBins.Bin {
    fileprivate init(_ requests: [RecordedRequest]) {
        let availability = Availability(of: requests)
        answered = availability.requests - availability.failed
        failed = availability.failed
        medianMilliseconds = availability.medianMilliseconds
        percentile99Milliseconds = availability.percentile99Milliseconds
        slowestMilliseconds = availability.slowestMilliseconds
    }
}
