import Foundation

/// Why the history cannot be kept or read.
package struct HistoryError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    package enum Code: String, Sendable {
        /// The disk is full.
        case full
        /// A file cannot be made, read or written.
        case failed
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// From the number of the last failed system call.
    init(_ doing: String, _ path: String) {
        let number = errno
        self.init(
            number == ENOSPC || number == EDQUOT ? .full : .failed,
            "\(doing) \(path): \(String(cString: strerror(number)))")
    }

    package var description: String { "event history \(code.rawValue): \(message)" }
}
