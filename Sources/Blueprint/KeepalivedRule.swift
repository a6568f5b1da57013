/// Finds out that this node's keepalived hangs while the node holds a virtual IP, so that it can be ended before another
/// node takes the address and two of them have it.
///
/// The owner of a virtual IP has something to say every advertisement, so its keepalived goes to sleep and wakes again
/// at least that often. One that sleeps (or is stopped, or waits for a disk) through an advertisement and longer is
/// wedged: want of CPU looks different, since a process whose time has come is runnable. One that is runnable and gets
/// nowhere, for want of CPU or in an endless loop, has lost the virtual IP when the others' time is over; until then it
/// may recover.
package struct KeepalivedRule: Hashable, Sendable {
    /// What one round found.
    package struct Observation: Hashable, Sendable {
        /// Whether one of the virtual IPs is on an interface of this node.
        package var holdsVirtualIP: Bool
        /// How often keepalived's processes have gone to sleep so far, nil when none runs or nobody can say.
        package var sleeps: Int?
        /// One of them has a CPU or waits for one.
        package var isRunnable: Bool
        /// Milliseconds since the observation before.
        package var elapsed: Int
        /// The observer itself was stalled meanwhile: the time since the observation before proves nothing.
        package var wasStalled: Bool

        package init(holdsVirtualIP: Bool, sleeps: Int?, isRunnable: Bool, elapsed: Int, wasStalled: Bool) {
            self.holdsVirtualIP = holdsVirtualIP
            self.sleeps = sleeps
            self.isRunnable = isRunnable
            self.elapsed = elapsed
            self.wasStalled = wasStalled
        }
    }

    /// Milliseconds until a keepalived that was ended may be ended again: its successor needs some time to begin.
    package static let pause = 5_000

    private let silence: Int
    private let takeover: Int
    private var sleeps: Int?
    /// For how long nothing has happened, in milliseconds.
    private var quiet = 0
    private var untilAllowed = 0

    package init(silence: Int, takeover: Int) {
        self.silence = silence
        self.takeover = takeover
    }

    /// Takes one round into account.
    ///
    /// - Returns: for how many milliseconds keepalived has done nothing, when it must be ended for that; else nil.
    package mutating func judge(_ observation: Observation) -> Int? {
        untilAllowed = max(0, untilAllowed - observation.elapsed)
        guard observation.holdsVirtualIP, let found = observation.sleeps, found == sleeps else {
            sleeps = observation.sleeps
            quiet = 0
            return nil
        }
        guard !observation.wasStalled else { return nil }
        quiet += observation.elapsed
        guard quiet >= (observation.isRunnable ? takeover : silence), untilAllowed == 0 else { return nil }
        untilAllowed = Self.pause
        return quiet
    }
}
