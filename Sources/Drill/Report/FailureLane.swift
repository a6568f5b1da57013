import History

/// Every failed request as a bar of its own, from when it was sent until its client knew; bars that would cover each
/// other lie in rows.
struct FailureLane {
    private struct Bar {
        var left: Double
        var right: Double
        var row: Int
        var isRefusal: Bool
    }

    private let bars: [Bar]
    private let rowHeight: Double
    /// In units of the picture.
    let height: Double

    /// The shortest bar.
    private static let shortest = 2.0
    private static let tallest = 120.0

    init(_ failures: [Timeline.Sample], axis: TimeAxis) {
        var ends: [Double] = []
        var bars: [Bar] = []
        for failure in failures
        where failure.end >= axis.range.lowerBound && failure.start < axis.range.upperBound {
            let left = axis.position(failure.start)
            let right = max(axis.position(failure.end), left + Self.shortest)
            let row = ends.firstIndex { $0 <= left } ?? ends.count
            if row == ends.count { ends.append(0) }
            ends[row] = right + 0.5
            bars.append(Bar(left: left, right: right, row: row, isRefusal: failure.failure?.isRefusal ?? false))
        }
        self.bars = bars
        rowHeight = min(6, Self.tallest / Double(max(ends.count, 1)))
        height = max(16, rowHeight * Double(ends.count))
    }

    var isEmpty: Bool { bars.isEmpty }

    /// - Parameter top: where the lane begins, in units of the picture.
    func markup(top: Double) -> Markup {
        func path(_ bars: [Bar]) -> Markup {
            let lines = bars.map { bar -> Markup in
                "M\(bar.left) \(top + (Double(bar.row) + 0.5) * rowHeight)h\(bar.right - bar.left)"
            }
            return "\(lines)"
        }
        let width: Markup = "\(max(rowHeight * 0.8, 0.5))"
        return """
            <path class="unknown-outcome" stroke-width="\(width)" d="\(path(bars.filter { !$0.isRefusal }))"/>\
            <path class="refused" stroke-width="\(width)" d="\(path(bars.filter(\.isRefusal)))"/>
            """
    }
}
