/// Why the broker did not do what it was asked.
package struct BrokerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure it is; decides what the caller does.
    package enum Code: String, Sendable {
        /// Not connected, or blocked, until the deadline: the message was certainly not sent. Publish it again later.
        case unavailable
        /// The message was sent and no confirm came. It may have been stored: publish it again with the same message
        /// id, by which consumers drop doubles.
        case unconfirmed
        /// The broker said no: a negative confirm, an exchange or queue that exists with other properties, missing
        /// permissions. The message was not stored by every queue it was meant for.
        case refused
        /// The message was mandatory, and no queue is bound for it.
        case unroutable
        /// A limit of ``BrokerLimits`` was exceeded or the exchange was never declared: a mistake of the caller.
        case invalid
        /// More publishes wait than ``BrokerLimits/queuedMessages`` allows; the message was not sent.
        case overloaded
        /// The broker object has been closed, or the task was cancelled before the message was sent.
        case closed
    }

    package let code: Code
    /// What happened, with the broker's own words and the address it was asked at.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { "broker \(code.rawValue): \(message)" }
}
