import Glibc
import History

/// How long answers took over time, on a logarithmic scale from one millisecond up.
struct LatencyLane {
    let axis: TimeAxis
    /// Where the lane is, in units of the picture.
    let top: Double
    let bottom: Double
    /// The highest power of ten that is shown, in milliseconds.
    let ceiling: Double

    /// The power of ten above the slowest answer, but at least 100 ms.
    static func ceiling(slowestMilliseconds: Double) -> Double {
        var ceiling = 100.0
        while ceiling < slowestMilliseconds, ceiling < 1e6 { ceiling *= 10 }
        return ceiling
    }

    private func height(_ milliseconds: Double) -> Double {
        let share = log10(min(max(milliseconds, 1), ceiling)) / log10(ceiling)
        return bottom - share * (bottom - top)
    }

    /// A line and its value for each power of ten.
    var scale: Markup {
        var lines: Markup = ""
        var value = 1.0
        while value <= ceiling {
            let y = height(value)
            lines += "<path class=\"grid\" d=\"M\(axis.left) \(y)H\(axis.right)\"/>"
            let text = value < 1000 ? "\(Int(value)) ms" : "\(Int(value / 1000)) s"
            lines += "<text class=\"scale\" x=\"\(axis.left - 6)\" y=\"\(y + 3.5)\">\(text)</text>"
            value *= 10
        }
        return lines
    }

    /// A band from the median to the slowest answer of each step, and the median as a line.
    func bands(_ bins: [LatencyBins.Bin], start: Int64, width: Int64) -> Markup {
        var band: Markup = ""
        var median: Markup = ""
        for run in runs(of: bins) {
            func edge(_ index: Int) -> Double { axis.position(start + width * Int64(index)) }
            let from = edge(run.lowerBound)
            band += "M\(from) \(height(bins[run.lowerBound].medianMilliseconds))"
            median += "M\(from) \(height(bins[run.lowerBound].medianMilliseconds))"
            for index in run {
                band += "V\(height(bins[index].slowestMilliseconds))H\(edge(index + 1))"
                median += "V\(height(bins[index].medianMilliseconds))H\(edge(index + 1))"
            }
            for index in run.reversed() {
                band += "V\(height(bins[index].medianMilliseconds))H\(edge(index))"
            }
            band += "Z"
        }
        return "<path class=\"band\" d=\"\(band)\"/><path class=\"median\" d=\"\(median)\"/>"
    }

    /// A dot for each answer, where its request was sent.
    func dots(_ samples: [Timeline.Sample]) -> Markup {
        let points = samples.map { sample -> Markup in
            "M\(axis.position(sample.start)) \(height(Double(sample.end - sample.start) / 1000))h0"
        }
        return "<path class=\"dots\" d=\"\(points)\"/>"
    }

    /// Stretches of steps that have answers.
    private func runs(of bins: [LatencyBins.Bin]) -> [Range<Int>] {
        var runs: [Range<Int>] = []
        for index in bins.indices where bins[index].answered > 0 {
            if let last = runs.last, last.upperBound == index {
                runs[runs.count - 1] = last.lowerBound..<index + 1
            } else {
                runs.append(index..<index + 1)
            }
        }
        return runs
    }
}
