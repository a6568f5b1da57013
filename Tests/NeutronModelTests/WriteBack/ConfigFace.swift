import Addressing
import JSON
import Model
import Testing

// The config API beside Neutron's in the same cloud.
extension Cloud {
    /// Answers as the config API does: refusals become their status and words.
    mutating func config(_ write: ConfigWrite) throws -> (status: Int, text: String) {
        var edit = edit(.system)
        do {
            let answer = try write.decide(on: &edit, origin: "http://host:8082")
            #expect(try commit(edit), "the store refuses an edit of the newest state")
            return (answer.status, String(decoding: answer.body, as: UTF8.self))
        } catch let fault as ConfigFault {
            return (fault.status, fault.message)
        } catch let error as ModelError {
            return (ConfigFault(error).status, error.message)
        }
    }

    /// An object as `GET /<type>/<id>` shows it, with children and back references.
    func configRead(_ type: String, _ id: ObjectID) throws -> JSONObject {
        let read = ConfigRead.object(type: type, id: id.description, query: [], ifNoneMatch: nil)
        let answer = try read.answer(from: snapshot, caller: .system, origin: "http://host:8082")
        return try #require(try JSONValue(parsing: answer.body)[type]?.objectValue)
    }

    /// The elements of a list or map property with their positions.
    func configElements(_ id: ObjectID, _ field: String) throws -> [(value: JSONValue, position: JSONValue)] {
        let read = ConfigRead.propertyCollection(query: [("uuid", id.description), ("fields", field)])
        let answer = try read.answer(from: snapshot, caller: .system, origin: "http://host:8082")
        let elements = try JSONValue(parsing: answer.body)[field]?.arrayValue ?? []
        return elements.compactMap { pair in
            guard let pair = pair.arrayValue, pair.count == 2 else { return nil }
            return (pair[0], pair[1])
        }
    }

    /// Makes an object; nil when it is refused.
    mutating func configMake(_ type: String, _ members: JSONObject) throws -> ObjectID? {
        let answer = try config(.create(type: type, body: [type: .object(members)]))
        guard answer.status == 200 else { return nil }
        return try JSONValue(parsing: answer.text)[type]?["uuid"]?.stringValue.flatMap { ObjectID($0) }
    }

    /// Makes an object that must be accepted.
    mutating func configMade(
        _ type: String, _ members: JSONObject, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> ObjectID {
        let answer = try config(.create(type: type, body: [type: .object(members)]))
        #expect(answer.status == 200, "\(answer.text)", sourceLocation: sourceLocation)
        return try #require(
            try JSONValue(parsing: answer.text)[type]?["uuid"]?.stringValue.flatMap { ObjectID($0) },
            sourceLocation: sourceLocation)
    }

    mutating func configPut(
        _ type: String, _ id: ObjectID, _ members: JSONObject
    ) throws -> (status: Int, text: String) {
        try config(.update(type: type, id: id.description, body: [type: .object(members)]))
    }
}
