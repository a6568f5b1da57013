/// Why something in the lab did not work.
package struct LabError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure it is, for callers that act on it.
    package enum Code: String, Hashable, Sendable {
        /// The command line or a name in it cannot be used.
        case invalidRequest = "invalid-request"
        /// The machine or the user cannot run a lab (not root, no Debian, no space).
        case unsupportedMachine = "unsupported-machine"
        /// Another `skein lab` works on the same lab or on the images.
        case busy
        /// There is no lab of that name, or no host of that name in it.
        case notFound = "not-found"
        /// The host or the lab is not in the state that the request needs (powered off, already up).
        case wrongState = "wrong-state"
        /// A program that the lab runs failed.
        case commandFailed = "command-failed"
        /// Something did not happen in time.
        case timedOut = "timed-out"
        /// A file could not be read or written.
        case fileSystem = "file-system"
        /// `down` could not remove everything.
        case leftovers
    }

    /// The kind of failure.
    package let code: Code
    /// What is wrong, where, and what to do, on one line.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
