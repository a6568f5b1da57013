/// The one source of chance of a simulation: everything that is not decided by the code under test is decided here, so
/// the seed decides all of it. SplitMix64.
package struct Chance: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) {
        state = seed
        // Neighbouring seeds must not give neighbouring beginnings.
        _ = next()
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// True with a probability, from 0 to 1.
    package mutating func happens(_ probability: Double) -> Bool {
        Double(next() >> 11) * 0x1p-53 < probability
    }

    /// A number below a positive bound.
    package mutating func number(below bound: Int) -> Int {
        Int(((next() >> 32) &* UInt64(max(bound, 1))) >> 32)
    }

    /// Some time between two, in microseconds.
    package mutating func time(_ range: ClosedRange<Int>) -> SimulatedTime {
        range.lowerBound + number(below: range.upperBound - range.lowerBound + 1)
    }

    /// One of several.
    package mutating func choice<Element>(_ elements: [Element]) -> Element? {
        elements.isEmpty ? nil : elements[number(below: elements.count)]
    }
}

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
