/// Why a deployment did not go on.
package struct DeployError: Error, Hashable, CustomStringConvertible {
    /// The kinds that tests and exit codes tell apart.
    package enum Code: String, Hashable, Sendable {
        /// The testbed, on these hosts, cannot become an installation.
        case impossible
        /// A host is not fit: unreachable, wrong system, no room, a clock that is off.
        case unfit
        /// A step on a host failed.
        case stepFailed
        /// Files of the deployment on the build host are missing or damaged.
        case localState
        /// The hosts trust another authority than the folder's, or have newer secrets.
        case foreignTrust
        /// Another run changes the deployment.
        case locked
        /// The finished installation does not do what it should.
        case verification
    }

    package var code: Code
    /// One line for each reason: where, what, what to do.
    package var reasons: [String]

    package init(_ code: Code, _ reasons: [String]) {
        self.code = code
        self.reasons = reasons
    }

    package init(_ code: Code, _ reason: String) { self.init(code, [reason]) }

    package var description: String { reasons.joined(separator: "\n") }
}
