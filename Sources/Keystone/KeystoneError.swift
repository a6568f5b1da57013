/// Why Keystone could not do what was asked.
package struct KeystoneError: Error, Hashable, CustomStringConvertible {
    /// What a caller does about it.
    package enum Code: String, Hashable, Sendable {
        /// The token or password of the *client* is not valid: 401.
        case unauthorized
        /// Keystone cannot be reached, is slow, or answers with errors or nonsense: 503 with the message; passes by itself.
        case unavailable
        /// Keystone refuses the credentials or roles that *Skein itself* was given: 503 with the message; an operator must act.
        case credentialsRefused
        /// The administrator may not do this.
        case forbidden
        /// There is no such object.
        case notFound
        /// An object of this name is there already, or one that is there stands in the way.
        case conflict
        /// Keystone finds the request itself wrong, such as a password against its rules.
        case rejected
        /// The URL, the CA file or another setting cannot be used.
        case misconfigured
    }

    package let code: Code
    /// One line that says what, where and, when something can be done, what to do.
    package let message: String
    /// Whether an HTTP answer arrived: one odd answer is not yet an outage, no answer is.
    let isAnswered: Bool

    package init(_ code: Code, _ message: String) {
        self.init(code, message, isAnswered: true)
    }

    init(_ code: Code, _ message: String, isAnswered: Bool) {
        self.code = code
        self.message = message
        self.isAnswered = isAnswered
    }

    package var description: String { message }
}
