import JSON
import Model
import NeutronModel

/// The documents by which clients find their way.
enum Discovery {
    /// `GET /`, which every client reads first.
    static func versions(origin: String) -> APIAnswer {
        let body: JSONValue = [
            "versions": [
                [
                    "id": "v2.0", "status": "CURRENT",
                    "links": [["rel": "self", "href": .string("\(origin)/v2.0/")]],
                ]
            ]
        ]
        return APIAnswer(status: 200, body: body.bytes)
    }

    /// `GET /v2.0/`.
    static func resources(origin: String) -> APIAnswer {
        let resources = NeutronCollection.allCases.map { collection -> JSONValue in
            [
                "name": .string("\(collection.resource)"), "collection": .string("\(collection.plural)"),
                "links": [["rel": "self", "href": .string("\(origin)/v2.0/\(collection.path)")]],
            ]
        }
        return APIAnswer(status: 200, body: JSONValue.object(["resources": .array(resources)]).bytes)
    }
}
