/// Figures as people read them.
enum FigureText {
    /// Such as `0.31`; negative times have a true minus sign.
    static func seconds(_ seconds: Double) -> String {
        guard seconds.isFinite, abs(seconds) < 1e12 else { return "?" }
        let hundredths = Int((seconds * 100).rounded())
        let (whole, rest) = hundredths.magnitude.quotientAndRemainder(dividingBy: 100)
        return "\(hundredths < 0 ? "\u{2212}" : "")\(whole).\(rest < 10 ? "0" : "")\(rest)"
    }

    /// Without decimals that say nothing: `2`, `0.5`.
    static func shortSeconds(_ value: Double) -> String {
        var text = seconds(value)
        while text.contains("."), text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text
    }

    /// Microseconds as seconds.
    static func seconds(microseconds: Int64) -> String { seconds(Double(microseconds) / 1_000_000) }

    /// Such as `12,345`.
    static func count(_ number: Int) -> String {
        let digits = String(number.magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
            text.append(digit)
        }
        return number < 0 ? "\u{2212}\(text)" : text
    }

    /// Such as `2.8 %`; nothing when there is no whole.
    static func share(_ part: Int, of whole: Int) -> String {
        guard whole > 0 else { return "" }
        let tenths = Int((Double(part) * 1000 / Double(whole)).rounded())
        if tenths == 0, part > 0 { return "under 0.1 %" }
        return "\(tenths / 10).\(tenths % 10) %"
    }

    /// Such as `4.2 ms`, `87 ms`, `1.25 s`.
    static func latency(milliseconds: Double) -> String {
        guard milliseconds < 1000 else { return "\(seconds(milliseconds / 1000)) s" }
        guard milliseconds < 10 else { return "\(Int(milliseconds.rounded())) ms" }
        let tenths = Int((milliseconds * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) ms"
    }
}
