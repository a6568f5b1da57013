import JSON
import Store
import Time

/// A notice that cannot be published and was moved out of the outbox, as it is kept for an operator: why and when, and the
/// notice as it was.
package struct SetAsideNotice: Hashable, Sendable {
    /// When it was moved; nil when the entry does not say so.
    package var time: Timestamp?
    /// Why it cannot be published, in words.
    package var reason: String
    /// How large the notice was. More than there is of it when it did not fit beside what is said about it.
    package var bytes: Int
    /// The notice as it was in the outbox, or as much from its beginning as fits.
    package var content: [UInt8]

    /// The most that are kept. They are for a person who looks for a fault, and the first thousand say what it is.
    package static let mostEntries = 1_000
    /// The most bytes that they take in the store, and in the memory of each controller: 16 MiB, 1/512 of the store's
    /// quota.
    package static let mostBytes = 16 << 20
    /// The longest reason, in bytes.
    static let reasonBytes = 2_000

    package init(time: Timestamp, reason: String, notice: [UInt8]) {
        self.time = time
        self.reason = String(decoding: reason.utf8.prefix(Self.reasonBytes), as: UTF8.self)
        bytes = notice.count
        content = notice
    }

    /// One line of JSON about it, and after that the notice, byte by byte: it may be anything.
    package var stored: [UInt8] {
        var writer = JSONWriter(capacity: content.count + 256)
        writer.beginObject()
        writer.name("time")
        writer.value(time?.rfc3339Text)
        writer.name("reason")
        writer.value(reason)
        writer.name("bytes")
        writer.value(bytes)
        writer.endObject()
        let line = writer.finish() + [UInt8(ascii: "\n")]
        return line + content.prefix(StoreLimits.valueBytes - line.count)
    }

    /// Reads what ``stored`` wrote; something else is all content.
    package init(stored: [UInt8]) {
        let line = Self.line(of: stored)
        guard let json = try? JSONValue(parsing: line), let bytes = json["bytes"]?.integerValue else {
            reason = "unknown"
            bytes = stored.count
            content = stored
            return
        }
        time = Self.time(json)
        reason = json["reason"]?.stringValue ?? ""
        self.bytes = bytes
        content = Array(stored.dropFirst(line.count + 1))
    }

    /// When it was moved, without a look at the notice.
    package static func time(stored: [UInt8]) -> Timestamp? {
        (try? JSONValue(parsing: line(of: stored))).flatMap(time)
    }

    private static func line(of stored: [UInt8]) -> ArraySlice<UInt8> { stored.prefix { $0 != UInt8(ascii: "\n") } }

    private static func time(_ json: JSONValue) -> Timestamp? { json["time"]?.stringValue.flatMap { Timestamp($0) } }

    /// Which of those that are kept must go, so that another one fits: the oldest.
    ///
    /// - Parameters:
    ///   - kept: what there is, by any key.
    ///   - size: what the new one takes in the store, its key included.
    package static func displaced(
        from kept: some Sequence<StoredEntry>, byAnotherOf size: Int, entries: Int = mostEntries, bytes: Int = mostBytes
    ) -> [StoredEntry] {
        let kept = kept.sorted { ($0.created, $0.key) < ($1.created, $1.key) }
        var count = kept.count + 1
        var total = kept.reduce(size) { $0 + Outbox.size(of: $1) }
        return Array(
            kept.prefix { entry in
                guard count > entries || total > bytes else { return false }
                count -= 1
                total -= Outbox.size(of: entry)
                return true
            })
    }
}
