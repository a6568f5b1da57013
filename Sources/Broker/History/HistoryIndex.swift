import Time

/// Where each event of the history is on disk, with what queries ask for; a value that touches no file.
struct HistoryIndex {
    /// An event's line.
    struct Entry: Hashable {
        /// Fingerprints of the event's id, its object's id and its object's type.
        let event: UInt128
        let object: UInt128
        let type: UInt128
        let time: Timestamp
        let offset: Int
        /// In bytes, without the line's end.
        let length: Int
    }

    /// A file of lines, oldest first.
    struct Segment {
        let number: Int
        var bytes = 0
        var entries: [Entry] = []
    }

    /// A line to read.
    struct Place: Hashable {
        let segment: Int
        let line: Int
        let offset: Int
        let length: Int
    }

    private(set) var segments: [Segment] = []
    private var known: Set<UInt128> = []

    var count: Int { known.count }
    var bytes: Int { segments.reduce(0) { $0 + $1.bytes } }
    var newest: Timestamp? { segments.last { !$0.entries.isEmpty }?.entries.last?.time }

    func knows(_ eventID: String) -> Bool { known.contains(Self.fingerprint(eventID)) }

    mutating func begin(segment number: Int) {
        segments.append(Segment(number: number))
    }

    /// Adds a line to the newest segment.
    ///
    /// - Parameters:
    ///   - offset: where the line begins in its file.
    ///   - length: in bytes, without the line's end, which is counted besides.
    mutating func append(_ event: HistoryEvent, offset: Int, length: Int) {
        guard let last = segments.indices.last else { return }
        let entry = Entry(
            event: Self.fingerprint(event.id), object: Self.fingerprint(event.objectID),
            type: Self.fingerprint(event.objectType), time: event.time, offset: offset, length: length)
        segments[last].entries.append(entry)
        segments[last].bytes = offset + length + 1
        known.insert(entry.event)
    }

    /// Drops the oldest segments until the rest fits; the newest stays in any case.
    ///
    /// - Returns: the numbers of the files to remove.
    mutating func dropOldest(toFit limit: Int) -> [Int] {
        var dropped: [Int] = []
        var total = bytes
        while total > limit, segments.count > 1 {
            let segment = segments.removeFirst()
            total -= segment.bytes
            for entry in segment.entries { known.remove(entry.event) }
            dropped.append(segment.number)
        }
        return dropped
    }

    /// The lines that a query asks for, newest first, one more than its limit if there is one.
    func find(_ query: HistoryQuery) -> [Place] {
        let object = query.objectID.map(Self.fingerprint)
        let type = query.objectType.map(Self.fingerprint)
        var places: [Place] = []
        for segment in segments.reversed() {
            if let cursor = query.cursor, segment.number > cursor.segment { continue }
            let end = query.cursor.map { $0.segment == segment.number ? $0.line : Int.max } ?? Int.max
            for line in segment.entries.indices.prefix(end).reversed() {
                let entry = segment.entries[line]
                if let object, object != entry.object { continue }
                if let type, type != entry.type { continue }
                if let from = query.from, entry.time < from { continue }
                if let until = query.until, entry.time >= until { continue }
                places.append(
                    Place(segment: segment.number, line: line, offset: entry.offset, length: entry.length))
                if places.count > query.limit { return places }
            }
        }
        return places
    }

    /// 128 bits of a text (FNV-1a): two ids of controllers do not meet in it, and it takes a fraction of the memory.
    static func fingerprint(_ text: String) -> UInt128 {
        text.utf8.reduce(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d) { hash, byte in
            (hash ^ UInt128(byte)) &* 0x0000_0000_0100_0000_0000_0000_0000_013b
        }
    }
}
