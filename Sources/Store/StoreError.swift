/// Why the store did not do what it was asked.
package struct StoreError: Error, Hashable, CustomStringConvertible {
    /// What kind of failure it is; decides what the caller does.
    package enum Code: String, Sendable {
        /// No majority, no connection or no answer in time, and the request certainly had no effect. Ask again later.
        case unavailable
        /// No answer to a commit: it may have been done. Ask again with the same idempotency record.
        case unknownOutcome
        /// The history that a watch needs is gone: list again.
        case compacted
        /// The lease has ended.
        case leaseNotFound
        /// A limit of ``StoreLimits`` was exceeded, or a key occurs twice: a mistake of the caller.
        case invalid
        /// The store is full, and refuses writes until an operator makes room.
        case full
        /// The store's data or an answer of it cannot be understood.
        case corrupt
    }

    package let code: Code
    /// What happened, with the engine's own words and the address it was asked at.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { "store \(code.rawValue): \(message)" }
}
