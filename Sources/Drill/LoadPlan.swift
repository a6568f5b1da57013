import JSON

/// How much load, and of what.
package struct LoadPlan: Hashable, Sendable {
    /// Requests per second, sent on schedule whether or not earlier ones have been answered; of messages, to each queue.
    package var rate = 200
    /// Of a hundred requests, how many read: half of them a register, half a list. Of the others, half make a port and
    /// half write a register. When there are reads and writes, one request of eight is ``LoadSet``'s instead. Messages are
    /// all written.
    package var readShare = 50
    /// How many networks serve as registers: so many that few requests for one of them overlap, which keeps the check of
    /// the history short.
    package var registers: Int { max(8, rate / 5) }
    /// The most requests under way; beyond it the schedule waits, and ``LoadPace`` shows it.
    package var outstanding = 4000

    package init() {}

    /// What the request of a number is.
    enum Kind: Hashable, Sendable {
        case create
        case write
        case read
        case list
    }

    /// Which connection the request of a number has that counts those to one address.
    func connection(_ index: Int) -> HTTPLoadClient.Connection { index % 2 == 0 ? .new : .kept }

    /// The kinds are spread evenly: each hundred requests in a row have the shares of the plan.
    func kind(_ index: Int) -> Kind {
        // 61 and 100 have no common divisor: every number from 0 to 99 comes once in a hundred.
        let place = (index % 100 * 61) % 100
        let reads = min(100, max(0, readShare))
        let writes = 100 - reads
        if place < (writes + 1) / 2 { return .create }
        if place < writes { return .write }
        return place < writes + (reads + 1) / 2 ? .read : .list
    }
}

/// How well a load kept to its schedule: a client that is itself late measures itself.
package struct LoadPace: Hashable, Sendable {
    /// Requests sent.
    package var sent = 0
    /// How late the latest was, in seconds.
    package var latest = 0.0
    /// How many were more than 100 ms late.
    package var late = 0

    package init() {}

    mutating func add(lateness seconds: Double) {
        sent += 1
        latest = max(latest, seconds)
        if seconds > 0.1 { late += 1 }
    }

    var json: JSONValue {
        ["sent": .integer(sent), "latest_seconds": .number(latest), "late": .integer(late)]
    }
}
