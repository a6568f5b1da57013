import History
import JSON

extension Timeline {
    /// For machines, in few bytes: rows whose columns are named once, times in seconds since the first request.
    var json: JSONValue {
        [
            "seconds": seconds(range.upperBound),
            "faults": .array(
                faults.map { fault in
                    [
                        "name": .string(fault.name), "host": .string(fault.host), "begin": seconds(fault.begin),
                        "end": fault.end.map { seconds($0) } ?? .null,
                    ]
                }),
            "whole": whole.map { seconds($0) } ?? .null,
            "outage": outage.map { [seconds($0.lowerBound), seconds($0.upperBound)] } ?? .null,
            "owners": .array(lanes.map { lane($0) }),
            "latencies": [
                "start": seconds(bins.start), "step": .number(Double(bins.width) / 1_000_000),
                "columns": ["answered", "failed", "median_ms", "percentile_99_ms", "slowest_ms"],
                "reads": .array(bins.reads.map(\.json)), "writes": .array(bins.writes.map(\.json)),
            ],
            "failures": [
                "columns": ["start", "end", "write", "refused", "reason"],
                "rows": .array(
                    failures.map { sample in
                        [
                            seconds(sample.start), seconds(sample.end), .bool(sample.isWrite),
                            .bool(sample.failure?.isRefusal ?? false), .string(sample.failure?.reason ?? ""),
                        ]
                    }),
                "omitted": .integer(omittedFailures),
            ],
        ]
    }

    private func lane(_ lane: OwnerLane) -> JSONValue {
        [
            "of": .string(lane.subject.text), "columns": ["start", "end", "owners"],
            "rows": .array(
                lane.spans.map { span in
                    [
                        seconds(span.start), seconds(span.end),
                        span.owners.map { .array($0.map { .string($0) }) } ?? .null,
                    ]
                }),
        ]
    }

    /// With milliseconds as the finest part.
    private func seconds(_ time: Int64) -> JSONValue {
        .number(Double((time - range.lowerBound) / 1000) / 1000)
    }
}

extension LatencyBins.Bin {
    fileprivate var json: JSONValue {
        func milliseconds(_ value: Double) -> JSONValue { .number((value * 10).rounded() / 10) }
        return [
            .integer(answered), .integer(failed), milliseconds(medianMilliseconds),
            milliseconds(percentile99Milliseconds), milliseconds(slowestMilliseconds),
        ]
    }
}
