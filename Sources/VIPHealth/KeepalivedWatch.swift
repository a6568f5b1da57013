import Blueprint

/// Does what ``KeepalivedRule`` says: ends a keepalived that hangs while this node holds a virtual IP.
struct KeepalivedWatch {
    private let processes: UnitProcesses
    private var rule: KeepalivedRule
    /// When it was last looked at, in the clock's milliseconds.
    private var last: Int

    init(_ configuration: VIPHealthConfiguration.Keepalived, now: Int) {
        processes = UnitProcesses(unit: configuration.unit)
        rule = KeepalivedRule(silence: configuration.silence, takeover: configuration.takeover)
        last = now
    }

    /// Looks once.
    ///
    /// - Parameter wasStalled: the round that ends now proves nothing, since this process itself was stalled in it.
    /// - Returns: what was done and why, when something was.
    mutating func watch(now: Int, holdsVirtualIP: Bool, wasStalled: Bool) -> String? {
        let activity = processes.activity
        let quiet = rule.judge(
            .init(
                holdsVirtualIP: holdsVirtualIP, sleeps: activity?.sleeps,
                isRunnable: activity?.isRunnable ?? false, elapsed: now - last, wasStalled: wasStalled))
        last = now
        guard let quiet else { return nil }
        let reason = "keepalived has done nothing for \(quiet) ms while this node has its addresses"
        return processes.end() ? "\(reason): it was killed" : "\(reason), and cannot be killed"
    }
}
