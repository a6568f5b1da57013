/// Who had something over time, such as a virtual IP or the store's leadership, as samples showed it.
package struct OwnerLane: Hashable, Sendable {
    /// What was had.
    package enum Subject: Hashable, Sendable, Comparable {
        /// An address that clients use; its owners are hosts.
        case virtualIP(String)
        case storeLeader
        /// A task that only one controller may run at a time, by its name, such as `outbox`.
        case taskLeader(String)
    }

    /// A stretch of time in which nothing changed.
    package struct Span: Hashable, Sendable {
        /// The hosts that had it, in order; empty when none did, nil when nobody could say.
        package var owners: [String]?
        /// The moment of the first sample that showed these owners, in microseconds of the load's clock.
        package var start: Int64
        /// The moment of the first sample that showed others, or of the last sample.
        package var end: Int64

        package init(owners: [String]?, start: Int64, end: Int64) {
            self.owners = owners
            self.start = start
            self.end = end
        }
    }

    /// The most spans that are kept; what comes after them is one span of which nothing is known.
    package static let limit = 1000

    package let subject: Subject
    package private(set) var spans: [Span] = []

    package init(_ subject: Subject) {
        self.subject = subject
    }

    /// Takes a sample; samples come in the order of their times.
    package mutating func observe(_ owners: [String]?, at time: Int64) {
        let owners = spans.count < Self.limit ? owners?.sorted() : nil
        guard let last = spans.indices.last else {
            spans.append(Span(owners: owners, start: time, end: time))
            return
        }
        spans[last].end = max(spans[last].end, time)
        if spans[last].owners != owners { spans.append(Span(owners: owners, start: time, end: time)) }
    }

    /// For how long it was seen with more than one owner, in seconds.
    package var contestedSeconds: Double {
        spans.filter { ($0.owners?.count ?? 0) > 1 }.reduce(0) { $0 + Double($1.end - $1.start) / 1_000_000 }
    }
}
