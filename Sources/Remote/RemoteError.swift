/// Why something could not be done on a host.
package struct RemoteError: Error, Hashable, CustomStringConvertible {
    /// The kinds that callers treat differently.
    package enum Code: String, Hashable, Sendable {
        /// No connection: no route, refused, or silent.
        case unreachable
        /// The host is there and lets nobody in with this key or password.
        case refused
        /// The host shows another key than before.
        case hostKeyChanged
        /// The user may not become root.
        case notRoot
        /// It took longer than it may.
        case timedOut
        /// The command itself failed.
        case failed
        /// A program or file on the build host is missing.
        case missing
    }

    package var code: Code
    /// The host's name in the testbed.
    package var host: String
    /// What happened, what to do.
    package var message: String

    package init(_ code: Code, host: String, _ message: String) {
        self.code = code
        self.host = host
        self.message = message
    }

    package var description: String { "\(host): \(message)" }
}
