/// Where moments stand in a picture, and which of them have a mark.
struct TimeAxis: Sendable {
    /// What the picture shows, in microseconds of the load's clock.
    let range: Range<Int64>
    /// The moment that is called zero.
    let zero: Int64
    /// Where the range begins and ends, in units of the picture.
    let left: Double
    let right: Double

    /// Where a moment stands; one outside of the range stands at its edge.
    func position(_ time: Int64) -> Double {
        let clamped = min(max(time, range.lowerBound), range.upperBound)
        let span = max(Double(range.upperBound - range.lowerBound), 1)
        return left + Double(clamped - range.lowerBound) / span * (right - left)
    }

    /// At most twelve moments, at round numbers of seconds from zero.
    var marks: [(time: Int64, label: String)] {
        let span = range.upperBound - range.lowerBound
        guard span > 0 else { return [] }
        var step: Int64 = 10_000
        search: while true {
            for factor in [1, 2, 5] as [Int64] where span / (step * factor) < 12 {
                step *= factor
                break search
            }
            step *= 10
        }
        var marks: [(time: Int64, label: String)] = []
        var offset = (range.lowerBound - zero) / step * step
        while zero + offset <= range.upperBound {
            if zero + offset >= range.lowerBound {
                marks.append((zero + offset, FigureText.shortSeconds(Double(offset) / 1_000_000)))
            }
            offset += step
        }
        return marks
    }
}
