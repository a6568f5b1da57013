import JSON

/// Makes a body piece by piece, from values that never change, so that an answer of any length costs the memory of one
/// piece, and is made no faster than the client takes it.
package protocol AnswerPieces: Sendable {
    /// Whether there is nothing more to come.
    var isAtEnd: Bool { get }

    /// The next piece. It may be empty before the end: then there was something to look at and nothing to send.
    mutating func next() -> [UInt8]
}

/// How much is done for one piece of an answer, before the task that makes it lets others go on.
package struct PieceBudget: Sendable {
    /// About the size of a piece, in bytes; the object that goes beyond it is still written. What a socket takes at once.
    package static let bytes = 64 << 10
    /// Most objects that are looked at for a piece. Looking at one costs a microsecond or two, so that a piece is made
    /// within a few milliseconds even when a filter lets nothing through.
    package static let visits = 2_000

    private var left = PieceBudget.visits

    package init() {}

    /// Notes that an object was looked at, or what costs as much as so many looks was done.
    package mutating func visit(_ looks: Int = 1) { left -= looks }

    /// Whether another object may be looked at for this piece.
    package var allowsVisit: Bool { left > 0 }

    /// Whether the piece is done.
    package func isSpent(_ writer: borrowing JSONWriter) -> Bool { left <= 0 || writer.count >= Self.bytes }
}

/// The most that one page of a list holds, unless an operator sets another limit (`pagination_max_limit`, as Neutron's
/// own option is called): at a kilobyte an object, 10 MB. Neutron's clients follow the link to the next page.
package enum LargestPage {
    package static let standard = 10_000
}
