/// When each part of a process has turned last, and which have not for too long. A value.
package struct SignsOfLife: Sendable {
    /// How long a part may take to turn. Work that holds a thread is in pieces of milliseconds; three seconds are a
    /// machine that is very short of CPU, and less than what ``Watchdog/patience`` leaves of the 10 s in which a
    /// process that is stuck is to be another one.
    package static let limit = Duration.seconds(3)

    private var last: [ContinuousClock.Instant]

    /// All parts count as having turned now.
    package init(count: Int, now: ContinuousClock.Instant) {
        last = Array(repeating: now, count: count)
    }

    package mutating func turned(_ part: Int, at now: ContinuousClock.Instant) {
        last[part] = max(last[part], now)
    }

    /// The parts that have given no sign for longer than ``limit``.
    package func silent(at now: ContinuousClock.Instant) -> [Int] {
        last.indices.filter { last[$0].duration(to: now) > Self.limit }
    }
}
