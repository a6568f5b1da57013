/// Why the controller itself cannot serve a request. Every API answers 503 to it, with the reason.
package struct ServiceError: Error, Hashable, CustomStringConvertible {
    /// The reason for people, naming what is missing: "no majority of the store answers: …".
    package let reason: String

    package init(reason: String) {
        self.reason = reason
    }

    package var description: String { reason }
}
