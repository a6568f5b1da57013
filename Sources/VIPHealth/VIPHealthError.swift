/// Why the health of the virtual IPs cannot be watched.
package struct VIPHealthError: Error, Hashable, CustomStringConvertible {
    package enum Code: String, Hashable, Sendable {
        /// The configuration file cannot be read or is wrong.
        case configuration
        /// A socket could not be made.
        case socket
        /// The state file cannot be written.
        case stateFile
    }

    package var code: Code
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
