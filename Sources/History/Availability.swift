/// How well a service was there for its clients while something was done to it.
package struct Availability: Hashable, Sendable {
    package var requests: Int
    /// Requests that did not get what they asked for.
    package var failed: Int
    /// Failed requests by reason.
    package var failures: [String: Int]
    /// The longest time in which one of the service addresses gave no successful answer while requests were waiting for
    /// one: from the start of the first request that failed or was slow to the end of the first that succeeded after it.
    /// In microseconds of the requests' clock; nil without requests. Each address counts by itself, since a client knows
    /// only one.
    package var outage: Range<Int64>?
    /// Half of the successful requests were faster, in milliseconds.
    package var medianMilliseconds: Double
    /// 99 % of the successful requests were faster, in milliseconds.
    package var percentile99Milliseconds: Double
    /// The slowest successful request, in milliseconds.
    package var slowestMilliseconds: Double

    /// - Parameter requests: in any order.
    package init(of requests: [RecordedRequest]) {
        self.requests = requests.count
        failed = requests.count { !$0.succeeded }
        failures = requests.compactMap(\.failure?.reason).reduce(into: [:]) { $0[$1, default: 0] += 1 }
        outage = Dictionary(grouping: requests, by: \.address).values.compactMap(Self.longestGap)
            .max { ($0.count, $1.lowerBound) < ($1.count, $0.lowerBound) }
        let latencies = requests.filter(\.succeeded).map { Double($0.end - $0.start) / 1000 }.sorted()
        medianMilliseconds = Self.percentile(50, of: latencies)
        percentile99Milliseconds = Self.percentile(99, of: latencies)
        slowestMilliseconds = latencies.last ?? 0
    }

    /// The length of ``outage`` in seconds; 0 without requests.
    package var longestOutage: Double { Double(outage?.count ?? 0) / 1_000_000 }

    /// Between two successful answers that follow each other, the service was out from the moment a request was first
    /// waiting in vain: one that started after the earlier answer.
    private static func longestGap(in requests: [RecordedRequest]) -> Range<Int64>? {
        let successes = requests.filter(\.succeeded).sorted { $0.end < $1.end }
        let starts = requests.map(\.start).sorted()
        let last = requests.map(\.end).max() ?? 0
        var longest: Range<Int64>?
        var index = 0
        var previous = starts.first ?? 0
        for end in successes.map(\.end) + [last] {
            while index < starts.count, starts[index] < previous { index += 1 }
            if index < starts.count, starts[index] < end, end - starts[index] > longest?.count ?? 0 {
                longest = starts[index]..<end
            }
            previous = max(previous, end)
        }
        return longest
    }

    private static func percentile(_ percent: Double, of sorted: [Double]) -> Double {
        guard !sorted.isEmpty else { return 0 }
        let rank = Int((percent / 100 * Double(sorted.count)).rounded(.up)) - 1
        return sorted[min(max(rank, 0), sorted.count - 1)]
    }
}
