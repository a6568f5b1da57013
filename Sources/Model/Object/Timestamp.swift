/// A moment in microseconds since 1970-01-01T00:00:00 UTC. The pure rooms are given it; they read no clock.
package struct Timestamp: Hashable, Comparable, Sendable {
    package let microseconds: Int64

    package init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }

    /// Contrail's form: ISO 8601 in UTC with microseconds and no zone suffix, `2026-11-22T11:05:10.463535`.
    package var contrailText: String { text(fractionDigits: 6) }

    /// Neutron's form: whole seconds with `Z`, `2026-11-22T11:05:10Z`.
    package var neutronText: String { text(fractionDigits: 0) + "Z" }

    /// Reads Contrail's form, with or without the fraction; nil for everything else.
    package init?(contrailText text: String) {
        let parts = text.split(whereSeparator: { "-T:.".contains($0) })
        guard text.utf8.count >= 19, parts.count == 6 || parts.count == 7 else { return nil }
        let numbers = parts.compactMap { Int64($0) }
        let bounds: [ClosedRange<Int64>] = [0...9999, 1...12, 1...31, 0...23, 0...59, 0...60, 0...999_999]
        guard numbers.count == parts.count, zip(numbers, bounds).allSatisfy({ $1.contains($0) }) else { return nil }
        let fraction: Int64
        if parts.count == 7 {
            let digits = parts[6].utf8.count
            guard digits <= 6 else { return nil }
            fraction = (digits..<6).reduce(numbers[6]) { value, _ in value * 10 }
        } else {
            fraction = 0
        }
        let days = Self.days(year: numbers[0], month: numbers[1], day: numbers[2])
        let seconds = days * 86_400 + numbers[3] * 3600 + numbers[4] * 60 + numbers[5]
        self.init(microseconds: seconds * 1_000_000 + fraction)
    }

    private func text(fractionDigits: Int) -> String {
        let seconds = Self.floorDivide(microseconds, 1_000_000)
        let days = Self.floorDivide(seconds, 86_400)
        let (year, month, day) = Self.civil(days: days)
        let second = seconds - days * 86_400
        let clock = [second / 3600, second / 60 % 60, second % 60].map { Self.padded($0, 2) }.joined(separator: ":")
        let date = "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))"
        let fraction =
            fractionDigits == 0 ? "" : "." + Self.padded((microseconds % 1_000_000 + 1_000_000) % 1_000_000, 6)
        return "\(date)T\(clock)\(fraction)"
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }

    /// The proleptic Gregorian date of a day counted from 1970-01-01, by eras of 400 years.
    private static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (
            yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        )
    }

    /// The day, counted from 1970-01-01, of a proleptic Gregorian date: the inverse of ``civil(days:)``.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = floorDivide(shifted, 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}
