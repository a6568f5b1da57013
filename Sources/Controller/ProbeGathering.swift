/// How long a question to the store waits for more readers to come.
///
/// Clients that are answered together come back together, one a little later than the other. A question at once for the
/// first of them would be a question more for the others: waiting a moment for as many as there were last time halves what
/// the store and the controllers do for reads, and nobody waits for it who comes alone.
struct ProbeGathering {
    /// The longest wait: about what a client of a busy cluster takes from an answer to its next request.
    static let longest = Duration.milliseconds(2)
    /// Less than this is not worth a timer: the store is in this process, and a question costs it next to nothing.
    static let shortest = Duration.microseconds(100)

    /// How many readers there were when the last question ended: those that it answered, and those who had come meanwhile.
    private var expected = 1
    private var wait = Duration.zero

    /// A question has ended.
    ///
    /// - Parameters:
    ///   - answered: how many readers it was for.
    ///   - waiting: how many have come since it was asked.
    ///   - time: how long it took.
    mutating func questionEnded(answered: Int, waiting: Int, after time: Duration) {
        expected = answered + waiting
        wait = min(time / 2, Self.longest)
    }

    /// How long to wait with the next question for readers beside those that wait already; nil to ask at once.
    func pause(waiting: Int) -> Duration? {
        waiting < expected && wait >= Self.shortest ? wait : nil
    }
}
