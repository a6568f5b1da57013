extension Scenario {
    /// Scenarios as a table: name, family, what is done and to whom, limits.
    ///
    /// - Parameter obstacle: why a fault cannot be done here; shown in place of the limits.
    package static func table(_ scenarios: [Scenario], obstacle: (Fault) -> String? = { _ in nil }) -> String {
        let rows = scenarios.map { scenario in
            [
                scenario.name, scenario.family.rawValue,
                scenario.faults.compactMap { obstacle($0.fault) }.first.map { "not available: \($0)" }
                    ?? (scenario.mustViolate.map { "must notice \($0.text): " } ?? "") + scenario.limits.text,
                scenario.text,
            ]
        }
        let table = [["SCENARIO", "FAMILY", "LIMITS", "WHAT IS DONE (TO WHOM)"]] + rows
        // The last column is not padded: nothing follows it.
        let widths = (0..<3).map { column in table.map { $0[column].count }.max() ?? 0 } + [0]
        return table.map { row in
            zip(row, widths).map { $0 + String(repeating: " ", count: max(0, $1 - $0.count)) }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}

extension Scenario.Limits {
    /// Such as `outage 2 s, writes 12 s, whole in 60 s`.
    package var text: String {
        var parts = ["outage \(Self.short(outage)) s"]
        if writeOutage != outage { parts.append("writes \(Self.short(writeOutage)) s") }
        if let repeated {
            parts.append(
                "median \(Self.short(repeated.medianOutage)) s, of writes \(Self.short(repeated.medianWriteOutage)) s, "
                    + "worst of several \(Self.short(repeated.worst)) s")
        }
        if let failedRequests { parts.append("failed \(failedRequests)") }
        if let serving { parts.append("serving in \(Self.short(serving)) s") }
        parts.append("whole in \(Self.short(recovery)) s")
        return parts.joined(separator: ", ")
    }

    private static func short(_ seconds: Double) -> String {
        seconds == seconds.rounded() ? "\(Int(seconds))" : "\(seconds)"
    }
}
