import SeededChance

/// Microseconds since the simulation began.
package typealias SimulatedTime = Int

extension SimulatedTime {
    package static let millisecond = 1_000
    package static let second = 1_000_000

    /// A duration of the code under test, rounded up.
    package init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self = Int(seconds) * .second + Int((attoseconds + 999_999_999_999) / 1_000_000_000_000)
    }
}

extension Chance {
    /// Some time between two, in microseconds.
    package mutating func time(_ range: ClosedRange<Int>) -> SimulatedTime {
        range.lowerBound + number(below: range.upperBound - range.lowerBound + 1)
    }
}
