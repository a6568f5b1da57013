import GRPCCore
import Store

/// Why a call to one member came to nothing, and what follows from that.
struct CallFailure: Error {
    /// What is known of the call's effect.
    enum Effect: Sendable {
        /// It was not done: it never left this process, or the member refused it before it was proposed.
        case none
        /// It may have been done, or may still be.
        case unknown
    }

    let effect: Effect
    /// Whether another member may do better; otherwise every member would say the same.
    let isOfMember: Bool
    /// What to throw when nothing better comes of it.
    let error: StoreError

    init(effect: Effect, isOfMember: Bool, error: StoreError) {
        self.effect = effect
        self.isOfMember = isOfMember
        self.error = error
    }

    /// - Parameter wasSent: whether the request was handed to an open stream.
    init(_ error: any Error, from endpoint: EtcdEndpoint, wasSent: Bool) {
        guard let error = error as? RPCError else {
            let reason = error is CancellationError ? "the call was cancelled" : "\(error)"
            self.init(
                effect: wasSent ? .unknown : .none, isOfMember: true,
                error: StoreError(.unavailable, "\(endpoint): \(reason)"))
            return
        }
        let answer = EtcdAnswer(error)
        self.init(
            effect: wasSent && !answer.isWithoutEffect ? .unknown : .none, isOfMember: answer.code == .unavailable,
            error: StoreError(
                answer.code,
                "\(endpoint): \(Self.words(error))" + (answer.code == .full ? "; `skein defragment` makes room" : "")))
    }

    private static func words(_ error: RPCError) -> String {
        guard let cause = error.cause as? RPCError else { return error.message }
        return "\(error.message) (\(cause.message))"
    }
}

/// What etcd's words mean. Its gRPC codes are too few to tell, its messages are part of its API (`rpctypes`).
struct EtcdAnswer {
    let code: StoreError.Code
    /// Whether etcd says so before it proposes the request to the other members.
    let isWithoutEffect: Bool

    private static let prefix = "etcdserver: "
    private static let meanings: [(words: String, code: StoreError.Code)] = [
        ("mvcc: required revision has been compacted", .compacted),
        ("mvcc: required revision is a future revision", .unavailable),
        ("mvcc: database space exceeded", .full),
        ("requested lease not found", .leaseNotFound),
        ("request is too large", .invalid),
        ("too many operations in txn request", .invalid),
        ("duplicate key given in txn request", .invalid),
        ("too large lease TTL", .invalid),
        ("key is not provided", .invalid),
        ("corrupt cluster", .corrupt),
        ("no leader", .unavailable),
        ("too many requests", .unavailable),
    ]

    init(_ error: RPCError) {
        if error.message.hasPrefix(Self.prefix) {
            let words = error.message.dropFirst(Self.prefix.count)
            if let meaning = Self.meanings.first(where: { words.hasPrefix($0.words) }) {
                code = meaning.code
                isWithoutEffect = true
                return
            }
        }
        if error.message.contains("maximum payload size") {
            // Said by our own transport of an answer that is too large; another member's would be as large.
            code = .invalid
            isWithoutEffect = false
            return
        }
        switch error.code {
        case .unauthenticated, .permissionDenied, .unimplemented:
            code = .unavailable
            isWithoutEffect = true
        case .dataLoss:
            code = .corrupt
            isWithoutEffect = false
        default:
            code = .unavailable
            isWithoutEffect = false
        }
    }
}
