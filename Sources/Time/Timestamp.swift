/// A moment of UTC in microseconds since 1970, with its texts. The pure rooms are given it; they read no clock.
package struct Timestamp: Hashable, Comparable, Sendable {
    /// From the year 1 to the year 9999; others are moved to the nearer end.
    package let microseconds: Int

    package init(microseconds: Int) {
        self.microseconds = min(max(microseconds, -62_135_596_800_000_000), 253_402_300_799_999_999)
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }

    /// Contrail's form, without a zone: `2026-11-22T11:05:10.463535`.
    package var contrailText: String { text(separator: "T", suffix: "") }

    /// Neutron's form, whole seconds: `2026-11-22T11:05:10Z`.
    package var neutronText: String { contrailText.prefix(19) + "Z" }

    /// As OpenStack's notifications write it: `2026-11-22 11:05:10.463535`.
    package var openStackText: String { text(separator: " ", suffix: "") }

    /// RFC 3339: `2026-11-22T11:05:10.463535Z`.
    package var rfc3339Text: String { text(separator: "T", suffix: "Z") }

    /// Reads any of the texts; the fraction may have 0 to 6 digits.
    package init?(_ text: String) {
        var text = text[...]
        if text.hasSuffix("Z") { text.removeLast() }
        let halves = text.split(whereSeparator: { $0 == " " || $0 == "T" })
        guard halves.count == 2 else { return nil }
        let date = halves[0].split(separator: "-", omittingEmptySubsequences: false).map(Self.number)
        let clock = halves[1].split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let time = clock[0].split(separator: ":", omittingEmptySubsequences: false).map(Self.number)
        guard date.count == 3, time.count == 3,
            let year = date[0], let month = date[1], let day = date[2], (1...9999).contains(year),
            (1...12).contains(month), (1...31).contains(day),
            let hour = time[0], let minute = time[1], let second = time[2], hour < 24, minute < 60, second < 60
        else { return nil }
        var fraction = 0
        if clock.count == 2 {
            guard clock[1].count <= 6, let digits = Self.number(clock[1]) else { return nil }
            fraction = (0..<(6 - clock[1].count)).reduce(digits) { number, _ in number * 10 }
        }
        let seconds = ((Self.days(year: year, month: month, day: day) * 24 + hour) * 60 + minute) * 60 + second
        self.init(microseconds: seconds * 1_000_000 + fraction)
    }

    private static func number(_ text: Substring) -> Int? {
        guard (1...6).contains(text.utf8.count),
            text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return Int(text)
    }

    private func text(separator: String, suffix: String) -> String {
        let (seconds, fraction) = Self.divide(microseconds, by: 1_000_000)
        let (days, secondOfDay) = Self.divide(seconds, by: 86_400)
        let (year, month, day) = Self.date(days: days)
        let date = "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))"
        let hour = Self.padded(secondOfDay / 3600, 2)
        let minute = Self.padded(secondOfDay / 60 % 60, 2)
        let second = Self.padded(secondOfDay % 60, 2)
        return "\(date)\(separator)\(hour):\(minute):\(second).\(Self.padded(fraction, 6))\(suffix)"
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    private static func divide(_ number: Int, by divisor: Int) -> (quotient: Int, remainder: Int) {
        let remainder = (number % divisor + divisor) % divisor
        return ((number - remainder) / divisor, remainder)
    }

    /// The proleptic Gregorian date so many days after 1970-01-01. Years are counted from March in eras of 400 years,
    /// so that the leap day is the last day of a year.
    private static func date(days: Int) -> (year: Int, month: Int, day: Int) {
        let (era, dayOfEra) = divide(days + 719_468, by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }

    private static func days(year: Int, month: Int, day: Int) -> Int {
        let (era, yearOfEra) = divide(month <= 2 ? year - 1 : year, by: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
