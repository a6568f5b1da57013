/// The hours of a day in which faults may be injected, `HH:MM-HH:MM` in local time; a window may pass midnight.
package struct DrillWindow: Hashable, Sendable {
    /// Minutes since midnight; the last minute is the one before `end`.
    package let begin: Int
    package let end: Int

    /// Nil when the text is no window, or an empty one.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let begin = Self.minute(parts[0]), let end = Self.minute(parts[1]), begin != end else {
            return nil
        }
        self.begin = begin
        self.end = end
    }

    /// - Parameter minute: since midnight.
    package func contains(_ minute: Int) -> Bool {
        begin < end ? (begin..<end).contains(minute) : minute >= begin || minute < end
    }

    private static func minute(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].count == 2, parts[1].count == 2,
            parts.allSatisfy({ $0.allSatisfy { $0.isASCII && $0.isNumber } }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), hour < 24, minute < 60
        else { return nil }
        return hour * 60 + minute
    }
}

extension Installation {
    /// What an operator says who lets faults be injected outside of a lab. It names the installation, so that it cannot
    /// be said of another one by mistake.
    package var consent: String { "I consent to faults on \(serviceAddresses[0].address)" }
}
