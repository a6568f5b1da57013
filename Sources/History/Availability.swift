/// How well a service was there for its clients while something was done to it.
package struct Availability: Hashable, Sendable {
    package var requests: Int
    /// Requests that did not get what they asked for.
    package var failed: Int
    /// The longest time without a successful answer while requests were waiting for one, in seconds: from the start of
    /// the first request that failed or was slow to the end of the first that succeeded after it.
    package var longestOutage: Double
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
        longestOutage = Double(Self.longestGap(in: requests)) / 1_000_000
        let latencies = requests.filter(\.succeeded).map { Double($0.end - $0.start) / 1000 }.sorted()
        medianMilliseconds = Self.percentile(50, of: latencies)
        percentile99Milliseconds = Self.percentile(99, of: latencies)
        slowestMilliseconds = latencies.last ?? 0
    }

    /// Between two successful answers that follow each other, the service was out from the moment a request was first
    /// waiting in vain: one that started after the earlier answer.
    private static func longestGap(in requests: [RecordedRequest]) -> Int64 {
        let successes = requests.filter(\.succeeded).sorted { $0.end < $1.end }
        let starts = requests.map(\.start).sorted()
        let last = requests.map(\.end).max() ?? 0
        var longest: Int64 = 0
        var index = 0
        var previous = starts.first ?? 0
        for end in successes.map(\.end) + [last] {
            while index < starts.count, starts[index] < previous { index += 1 }
            if index < starts.count, starts[index] < end { longest = max(longest, end - starts[index]) }
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
