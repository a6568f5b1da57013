/// The source of chance in tests. A seed decides all of it, so that a failure can be repeated. SplitMix64.
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

    /// One of several.
    package mutating func choice<Element>(_ elements: [Element]) -> Element? {
        elements.isEmpty ? nil : elements[number(below: elements.count)]
    }
}
