import JSON
import Store

/// `POST /useragent-kv`: small values that clients keep beside the configuration (vnc-api.md, 1.7).
package enum UserAgentValues {
    /// Whether the request only reads; the others change.
    package static func isRetrieval(_ body: JSONValue) -> Bool { body["operation"]?.stringValue == "RETRIEVE" }

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
