import Crypto
import FoundationEssentials

/// What VIP nodes send each other: a question, or the answer that repeats it. Both carry a code made with the
/// deployment's key, so that nobody else can pretend that a node is heard.
struct EchoMessage: Hashable {
    enum Kind: UInt8 {
        case question = 1
        case answer = 2
    }

    static let size = 37
    private static let prefix = Array("SKV1".utf8)

    var kind: Kind
    /// A random number of the asking process, 60 bits: an answer from before its start does not count.
    var process: UInt64
    /// The asking node's term as the owner of the virtual IPs, 4 bits; 0 when it is none.
    var term: Int
    /// The number of the round in which it was asked: an old answer does not count.
    var round: UInt64

    init(kind: Kind, process: UInt64, term: Int, round: UInt64) {
        self.kind = kind
        self.process = process & ~0 >> 4
        self.term = term & 0xf
        self.round = round
    }

    /// Nil for everything that this deployment has not sent.
    ///
    /// - Parameter keys: those that it may have used.
    init?(_ bytes: some Collection<UInt8>, keys: [SymmetricKey]) {
        for key in keys {
            guard let message = EchoMessage(bytes, key: key) else { continue }
            self = message
            return
        }
        return nil
    }

    init?(_ bytes: some Collection<UInt8>, key: SymmetricKey) {
        let bytes = Array(bytes)
        guard bytes.count == Self.size, bytes.starts(with: Self.prefix), let kind = Kind(rawValue: bytes[4]) else {
            return nil
        }
        let text = bytes.prefix(21)
        let code = HMAC<SHA256>.authenticationCode(for: text, using: key).prefix(16)
        // Compared without an early end, so that timing tells nothing about the code.
        guard zip(code, bytes.suffix(16)).reduce(0, { $0 | ($1.0 ^ $1.1) }) == 0 else { return nil }
        let processAndTerm = bytes[5..<13].reduce(0) { $0 << 8 | UInt64($1) }
        self.init(
            kind: kind, process: processAndTerm >> 4, term: Int(processAndTerm & 0xf),
            round: bytes[13..<21].reduce(0) { $0 << 8 | UInt64($1) })
    }

    func bytes(key: SymmetricKey) -> [UInt8] {
        var bytes = Self.prefix + [kind.rawValue]
        for number in [process << 4 | UInt64(term), round] {
            bytes += (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * UInt64($0))) }
        }
        return bytes + HMAC<SHA256>.authenticationCode(for: bytes, using: key).prefix(16)
    }
}
