import JSON

/// Writes one object of the config API piece by piece.
struct ConfigObjectPieces: AnswerPieces {
    private let object: ConfigObject
    private let shown: ConfigObjectWriter
    private var inbound: InboundWriter
    private var state = JSONWriter.State()
    private var hasBegun = false
    private(set) var isAtEnd = false

    init(object: ConfigObject, shown: ConfigObjectWriter) {
        self.object = object
        self.shown = shown
        inbound = shown.inbound(of: object)
    }

    mutating func next() -> [UInt8] {
        var writer = JSONWriter(capacity: hasBegun ? PieceBudget.bytes * 5 / 4 : 2048, after: state)
        if !hasBegun {
            hasBegun = true
            writer.beginObject()
            writer.name(dynamic: object.type)
            writer.beginObject()
            shown.writeMembers(of: object, into: &writer)
        }
        var budget = PieceBudget()
        if inbound.write(into: &writer, &budget) {
            isAtEnd = true
            writer.endObject()
            writer.endObject()
        }
        state = writer.state
        return writer.finish()
    }
}
