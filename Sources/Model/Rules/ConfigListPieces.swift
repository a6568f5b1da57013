import Addressing
import HashTreeCollections
import JSON

/// Writes a list of the config API piece by piece.
struct ConfigListPieces: AnswerPieces {
    private let list: ConfigList
    private var walk: ConfigList.Walk
    /// The entry that is being written.
    private var entry: InboundWriter?
    private var shownCount = 0
    /// How many have been looked at.
    private(set) var visited = 0
    private var last: ConfigObject?
    private var state = JSONWriter.State()
    private var hasBegun = false
    private(set) var isAtEnd = false

    init(_ list: ConfigList) {
        self.list = list
        walk = list.walk()
    }

    mutating func next() -> [UInt8] {
        var writer = JSONWriter(capacity: hasBegun ? PieceBudget.bytes * 5 / 4 : 4096, after: state)
        var budget = PieceBudget()
        if !hasBegun { begin(&writer) }
        if advance(&writer, &budget) { end(&writer) }
        state = writer.state
        return writer.finish()
    }

    private mutating func begin(_ writer: inout JSONWriter) {
        hasBegun = true
        writer.beginObject()
        writer.name(dynamic: list.type.collection)
        if !list.query.isCount { writer.beginArray() }
    }

    /// - Returns: whether the last entry has been written.
    private mutating func advance(_ writer: inout JSONWriter, _ budget: inout PieceBudget) -> Bool {
        if list.query.isCount, let count = list.count {
            shownCount = count
            return true
        }
        while true {
            if var entry {
                guard entry.write(into: &writer, &budget) else {
                    self.entry = entry
                    return false
                }
                self.entry = nil
                list.end(into: &writer)
            }
            if let limit = list.query.page?.limit, shownCount >= limit { return true }
            if budget.isSpent(writer) { return false }
            guard let id = walk.next() else { return true }
            budget.visit()
            visited += 1
            guard let object = list.snapshot.objects[id], list.contains(object) else { continue }
            shownCount += 1
            last = object
            guard !list.query.isCount else { continue }
            list.begin(object, into: &writer)
            entry = list.inbound(of: object)
            if entry == nil { list.end(into: &writer) }
        }
    }

    private mutating func end(_ writer: inout JSONWriter) {
        isAtEnd = true
        if list.query.isCount {
            writer.beginObject()
            writer.name("count")
            writer.value(shownCount)
            writer.endObject()
        } else {
            writer.endArray()
        }
        if let page = list.query.page {
            writer.name("marker")
            writer.value(shownCount == page.limit ? last.map(list.marker) : nil)
        }
        writer.endObject()
    }
}
