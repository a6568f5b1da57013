import Time

/// Which events of the history are wanted; all conditions must hold.
package struct HistoryQuery: Hashable, Sendable {
    /// Only those of this object, by its UUID.
    package var objectID: String?
    /// Only those of this type, with dashes: `virtual-network`.
    package var objectType: String?
    /// Only those at or after this time.
    package var from: Timestamp?
    /// Only those before this time.
    package var until: Timestamp?
    /// At most so many; 1 to 1000.
    package var limit: Int
    /// Where the page before ended; nil begins with the newest.
    package var cursor: HistoryCursor?

    package init(
        objectID: String? = nil, objectType: String? = nil, from: Timestamp? = nil, until: Timestamp? = nil,
        limit: Int = 100, cursor: HistoryCursor? = nil
    ) {
        self.objectID = objectID
        self.objectType = objectType
        self.from = from
        self.until = until
        self.limit = min(max(limit, 1), 1000)
        self.cursor = cursor
    }
}

/// A place in one collector's history; older events than the one there come next. Collectors do not share cursors.
package struct HistoryCursor: Hashable, Sendable, LosslessStringConvertible {
    let segment: Int
    let line: Int

    init(segment: Int, line: Int) {
        self.segment = segment
        self.line = line
    }

    /// Reads what ``description`` wrote.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let segment = parts[0], let line = parts[1], segment >= 0, line >= 0 else { return nil }
        self.init(segment: segment, line: line)
    }

    package var description: String { "\(segment)-\(line)" }
}

/// A part of the history, newest first.
package struct HistoryPage: Hashable, Sendable {
    /// The events as lines of JSON, ready to be sent; ``HistoryEvent/init(parsing:)`` reads them.
    package var lines: [[UInt8]]
    /// Where the next page begins; nil when there is none.
    package var next: HistoryCursor?

    package var events: [HistoryEvent] { lines.compactMap { HistoryEvent(parsing: $0) } }
}
