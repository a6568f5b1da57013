import Crypto
import FoundationEssentials

/// The SHA-256 of a token: the cache holds no tokens.
struct TokenDigest: Hashable, Sendable {
    private let digest: SHA256Digest

    init(_ token: String, isExpiredAllowed: Bool = false) {
        var hash = SHA256()
        hash.update(data: [isExpiredAllowed ? 1 : 0])
        var token = token
        token.withUTF8 { hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }
        digest = hash.finalize()
    }
}

/// A point in time on both clocks: expiry is a date of Keystone's, age is measured here and must not jump.
struct Moment: Hashable, Sendable {
    var date: Date
    var instant: ContinuousClock.Instant

    static var now: Moment { Moment(date: .now, instant: .now) }
}

/// A map of limited size: what was not used since the map was last half filled goes first. Every operation takes
/// constant time, however many entries go.
struct BoundedMap<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private var young: [Key: Value] = [:]
    private var old: [Key: Value] = [:]
    private let half: Int

    init(limit: Int) { half = max(1, limit / 2) }

    var count: Int { young.count + old.count }

    subscript(key: Key) -> Value? {
        mutating get {
            if let value = young[key] { return value }
            guard let value = old.removeValue(forKey: key) else { return nil }
            insert(value, for: key)
            return value
        }
        set {
            old[key] = nil
            if let newValue { insert(newValue, for: key) } else { young[key] = nil }
        }
    }

    private mutating func insert(_ value: Value, for key: Key) {
        if young.count >= half, young[key] == nil {
            old = young
            young = [:]
        }
        young[key] = value
    }
}

/// What is known about tokens, and for how long it may be believed.
struct TokenCache: Sendable {
    enum Knowledge: Hashable, Sendable {
        case nothing
        /// Keystone said so less than the maximum age ago.
        case valid(Identity)
        /// Keystone said so longer ago; the token's own end has not come.
        case stale(Identity)
        /// Keystone said that it is not valid.
        case invalid(KeystoneError)
    }

    private struct Entry: Sendable {
        var identity: Identity
        var freshUntil: ContinuousClock.Instant
    }

    private struct Refusal: Sendable {
        var error: KeystoneError
        var until: ContinuousClock.Instant
    }

    private var entries: BoundedMap<TokenDigest, Entry>
    /// Apart from the valid ones, so that a flood of wrong tokens drives none of those out.
    private var refusals: BoundedMap<TokenDigest, Refusal>
    private let maximumAge: Duration
    private let refusalAge: Duration

    init(limit: Int, maximumAge: Duration, refusalAge: Duration) {
        entries = BoundedMap(limit: limit)
        refusals = BoundedMap(limit: max(2, limit / 8))
        self.maximumAge = maximumAge
        self.refusalAge = refusalAge
    }

    var count: Int { entries.count + refusals.count }

    mutating func knowledge(of token: TokenDigest, at now: Moment) -> Knowledge {
        if let entry = entries[token] {
            if entry.identity.expiresAt > now.date {
                return now.instant < entry.freshUntil ? .valid(entry.identity) : .stale(entry.identity)
            }
            entries[token] = nil
        }
        if let refusal = refusals[token] {
            if now.instant < refusal.until { return .invalid(refusal.error) }
            refusals[token] = nil
        }
        return .nothing
    }

    mutating func learn(_ identity: Identity, of token: TokenDigest, at now: Moment) {
        refusals[token] = nil
        entries[token] = Entry(identity: identity, freshUntil: now.instant + maximumAge)
    }

    mutating func learn(refusal error: KeystoneError, of token: TokenDigest, at now: Moment) {
        entries[token] = nil
        refusals[token] = Refusal(error: error, until: now.instant + refusalAge)
    }
}
