/// Decides who may ask Keystone while it is away: after a failure, one request at a time probes, the others are told at
/// once. So an outage costs a client milliseconds, and a Keystone that comes back is not met by all that waited.
struct CircuitBreaker: Sendable {
    enum Permission: Hashable, Sendable {
        /// Keystone works, as far as is known.
        case ask
        /// It did not work; this request finds out whether it does again.
        case probe
        /// It does not work, for this reason.
        case refused(KeystoneError)
    }

    private enum State: Sendable {
        case closed
        case open(KeystoneError, until: ContinuousClock.Instant)
        case probing(KeystoneError)
    }

    /// How long nobody asks after no answer came.
    var pause: Duration = .seconds(1)
    /// How long nobody asks after our own credentials were refused: repeating them can lock the account.
    var pauseAfterRefusal: Duration = .seconds(15)
    /// How many answers in a row that are errors make an outage. One alone may be due to the request.
    var toleratedAnswers = 3

    private var state = State.closed
    private var oddAnswers = 0

    /// Why Keystone cannot be used; nil when it works, as far as is known.
    var outage: KeystoneError? {
        switch state {
        case .closed: nil
        case .open(let error, _), .probing(let error): error
        }
    }

    var isClosed: Bool { outage == nil }

    mutating func permission(at now: ContinuousClock.Instant) -> Permission {
        switch state {
        case .closed: return .ask
        case .probing(let error): return .refused(error)
        case .open(let error, let until):
            guard now >= until else { return .refused(error) }
            state = .probing(error)
            return .probe
        }
    }

    /// Keystone answered as it should. Returns whether an outage ended.
    mutating func succeeded() -> Bool {
        oddAnswers = 0
        defer { state = .closed }
        return !isClosed
    }

    /// Keystone did not, or refused our own credentials. Returns whether an outage began.
    mutating func failed(_ error: KeystoneError, at now: ContinuousClock.Instant) -> Bool {
        let began = isClosed
        if began, error.code == .unavailable, error.isAnswered {
            oddAnswers += 1
            guard oddAnswers >= toleratedAnswers else { return false }
        }
        oddAnswers = 0
        state = .open(error, until: now + (error.code == .unavailable ? pause : pauseAfterRefusal))
        return began
    }
}
