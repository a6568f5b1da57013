/// Why a drill cannot be done or gone on with.
package struct DrillError: Error, Hashable, CustomStringConvertible {
    /// One line: what, where, what to do.
    package let message: String

    package init(_ message: String) {
        self.message = message
    }

    package var description: String { message }
}
