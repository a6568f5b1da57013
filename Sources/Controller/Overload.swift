/// Why a request is refused that the controller could serve if it had less to do. Every API answers 429 to it, with the
/// reason: a status that the proxy hands on, and does not answer with the same work at another controller.
package struct Overload: Error, Hashable, CustomStringConvertible {
    /// The reason for people, with the limit that was met.
    package let reason: String

    package init(reason: String) {
        self.reason = reason
    }

    package var description: String { reason }
}
