/// Decides what a backlog of notices gives up so that it never outgrows its bound; a value without clock or connection.
///
/// RabbitMQ may be away for days, and the store must not fill up meanwhile. What goes first is what ``NoticeForm`` says,
/// and of that the oldest: no notification is given up while there is an event of the history to give up, and no message
/// of Contrail's while there is a notification. When there are too many entries, only whole ones can go; the oldest do.
///
/// It looks at each entry once for each form, and not at the outbox as a whole: that would take longer with each notice
/// that waits.
package struct BacklogBound: Sendable {
    /// How much may wait.
    package struct Limits: Hashable, Sendable {
        /// Entries of the outbox. A write makes one to three, so they are a day of one write a second.
        package var entries: Int
        /// Bytes of their keys and values: 256 MiB, 1/32 of the store's quota of 8 GiB. Each controller holds them in
        /// memory as well.
        package var bytes: Int

        package init(entries: Int = 200_000, bytes: Int = 256 << 20) {
            self.entries = entries
            self.bytes = bytes
        }
    }

    /// What is to be done with entries of the outbox.
    package enum Step: Hashable, Sendable {
        /// Rewrite them in a smaller form.
        case reduce(NoticeForm)
        /// Remove them.
        case drop
    }

    /// What one transaction does.
    package struct Batch: Hashable, Sendable {
        package var step: Step
        /// The places of the entries, ascending. None when there was nothing at ``BacklogBound/batchPlaces`` places; what
        /// comes behind them is looked at when it is asked again.
        package var places: [Int]
    }

    /// What is said of an entry.
    package struct Entry: Hashable, Sendable {
        package var bytes: Int
        package var form: NoticeForm

        package init(bytes: Int, form: NoticeForm) {
            self.bytes = bytes
            self.form = form
        }
    }

    /// The outbox as a whole.
    package struct Extent: Hashable, Sendable {
        /// The place of the first entry, and the one after the last.
        package var places: Range<Int>
        package var entries: Int
        package var bytes: Int

        package init(places: Range<Int>, entries: Int, bytes: Int) {
            self.places = places
            self.entries = entries
            self.bytes = bytes
        }
    }

    /// Entries that one transaction changes.
    package static let batchEntries = 500
    /// Bytes of the entries that one transaction changes, which is no more than it writes: well below what a transaction
    /// may have, with 500 keys and preconditions.
    package static let batchBytes = 1 << 20

    /// Places that are looked at for one batch: where most is gone or under way, there may be any number of them between two
    /// entries, and other work is not to wait for all of them.
    package static let batchPlaces = 4_096

    private let limits: Limits
    /// Whether it has begun to make room. It begins at 15/16 of the bound, so that what comes meanwhile fits as well, and
    /// ends at 14/16, so that not each new notice makes a transaction of its own.
    private var isTrimming = false
    /// For each step, the place before which no entry is left for it.
    private var done: [Step: Int] = [:]

    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// The next batch, nil while nothing needs to go. The caller does it, and asks again with the outbox as it is then;
    /// when it could not be done, it goes on with the value as it was before.
    ///
    /// - Parameter entry: what is at a place; nil for nothing, and for what is under way to the broker, which is then left
    ///   alone for good.
    package mutating func next(_ extent: Extent, _ entry: (Int) -> Entry?) -> Batch? {
        guard isTrimming || exceeds(extent, sixteenths: 15) else { return nil }
        guard exceeds(extent, sixteenths: 14) else {
            isTrimming = false
            return nil
        }
        isTrimming = true
        let surplus = extent.entries - limits.entries * 14 / 16
        if surplus > 0 { return batch(.drop, extent, bytes: .max, entries: surplus, entry) }
        for form in NoticeForm.allCases where form != .whole {
            if let batch = batch(.reduce(form), extent, bytes: Self.batchBytes, entry) { return batch }
        }
        return batch(.drop, extent, bytes: extent.bytes - limits.bytes * 14 / 16, entry)
    }

    private func exceeds(_ extent: Extent, sixteenths: Int) -> Bool {
        extent.entries > limits.entries * sixteenths / 16 || extent.bytes > limits.bytes * sixteenths / 16
    }

    /// The first entries that a step is for, until there are so many of them or they have so many bytes.
    private mutating func batch(
        _ step: Step, _ extent: Extent, bytes: Int, entries: Int = batchEntries, _ entry: (Int) -> Entry?
    ) -> Batch? {
        var batch = Batch(step: step, places: [])
        var taken = 0
        var place = max(done[step] ?? 0, extent.places.lowerBound)
        let end = min(extent.places.upperBound, place + Self.batchPlaces)
        while place < end, batch.places.count < min(entries, Self.batchEntries), taken < bytes {
            if let found = entry(place), step.concerns(found) {
                // More than fits goes with the next transaction, unless it would not fit there either.
                if case .reduce = step, taken > 0, taken + found.bytes > bytes { break }
                batch.places.append(place)
                taken += found.bytes
            }
            place += 1
        }
        done[step] = place
        return batch.places.isEmpty && place >= extent.places.upperBound ? nil : batch
    }
}

extension BacklogBound.Step {
    /// Whether there is something to do to an entry.
    fileprivate func concerns(_ entry: BacklogBound.Entry) -> Bool {
        switch self {
        case .reduce(let form): entry.form < form
        case .drop: true
        }
    }
}
