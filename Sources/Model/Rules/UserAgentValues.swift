import JSON
import Ordered
import Store

/// `POST /useragent-kv`: small values that clients keep beside the configuration (vnc-api.md, 1.7).
package enum UserAgentValues {
    /// Whether the request only reads; the others change.
    package static func isRetrieval(_ body: JSONValue) -> Bool { body["operation"]?.stringValue == "RETRIEVE" }

    /// The most that one request gets, in bytes of values: a client that wants more asks for the keys one after the other.
    static let retrievedBytes = 16 << 20

    /// The value of a key, or the values of several, each once and in the order they are asked for, or everything.
    ///
    /// - Throws: 404 for a key that is not there, 413 when the values are too long for one answer.
    static func retrieve(_ body: JSONValue, from snapshot: Snapshot) throws(ConfigFault) -> APIAnswer {
        guard let key = body["key"] else { throw ConfigFault(400, "Key must be specified") }
        let values = snapshot.userAgentValues
        if let keys = key.arrayValue, !keys.isEmpty {
            var seen: Set<String> = []
            let wanted = keys.compactMap(\.stringValue).filter { seen.insert($0).inserted }
            return try answer(wanted.lazy.compactMap { values[$0] }, withKeys: false)
        }
        if let name = key.stringValue, !name.isEmpty {
            guard let entry = values[name] else { throw ConfigFault(404, "Unknown User-Agent key \(name)") }
            var writer = JSONWriter(capacity: entry.value.count + 16)
            writer.beginObject()
            writer.name("value")
            writer.raw(entry.value)
            writer.endObject()
            return APIAnswer(status: 200, body: writer.finish())
        }
        guard key.isFalsy else { throw ConfigFault(400, "Invalid key \(key.pythonText)") }
        return try answer(values, withKeys: true)
    }

    private static func answer(_ entries: some Sequence<Entry>, withKeys: Bool) throws(ConfigFault) -> APIAnswer {
        var found: [Entry] = []
        var bytes = 0
        for entry in entries {
            found.append(entry)
            bytes += entry.key.utf8.count + entry.value.count
            guard bytes <= retrievedBytes else {
                throw ConfigFault(
                    413, "The values are longer than \(retrievedBytes) bytes together; ask for fewer keys at once")
            }
        }
        return APIAnswer(pieces: UserAgentPieces(entries: found[...], withKeys: withKeys))
    }

    typealias Entry = OrderedEntry<String, [UInt8]>

    static func change(_ body: JSONValue, _ edit: inout GraphEdit) throws(ConfigFault) -> APIAnswer {
        guard let operation = body["operation"]?.stringValue else {
            throw ConfigFault(400, "Error: operation is not specified")
        }
        guard ["STORE", "DELETE"].contains(operation) else { throw ConfigFault(404, "Invalid Operation \(operation)") }
        guard let key = body["key"]?.stringValue, !key.isEmpty else {
            throw ConfigFault(400, "Error: key is not specified")
        }
        let storeKey = StoreKey.userAgentValue(key)
        guard storeKey.path.utf8.count <= StoreLimits.keyBytes else { throw ConfigFault(400, "Error: key is too long") }
        if operation == "DELETE" {
            edit.clear(storeKey)
        } else {
            edit.put(storeKey, (body["value"] ?? .null).bytes)
        }
        return .empty
    }
}

/// Writes values, with their keys or without, piece by piece.
private struct UserAgentPieces: AnswerPieces {
    private var entries: ArraySlice<UserAgentValues.Entry>
    private let withKeys: Bool
    private var state = JSONWriter.State()
    private var hasBegun = false
    private(set) var isAtEnd = false

    init(entries: ArraySlice<UserAgentValues.Entry>, withKeys: Bool) {
        self.entries = entries
        self.withKeys = withKeys
    }

    mutating func next() -> [UInt8] {
        var writer = JSONWriter(capacity: 1024, after: state)
        var budget = PieceBudget()
        if !hasBegun {
            hasBegun = true
            writer.beginObject()
            writer.name("value")
            writer.beginArray()
        }
        while !budget.isSpent(writer) {
            guard let entry = entries.popFirst() else {
                writer.endArray()
                writer.endObject()
                isAtEnd = true
                break
            }
            budget.visit()
            write(entry, to: &writer)
        }
        state = writer.state
        return writer.finish()
    }

    private func write(_ entry: UserAgentValues.Entry, to writer: inout JSONWriter) {
        guard withKeys else {
            writer.raw(entry.value)
            return
        }
        writer.beginObject()
        writer.name("key")
        writer.value(entry.key)
        writer.name("value")
        writer.raw(entry.value)
        writer.endObject()
    }
}
