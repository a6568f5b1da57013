import Addressing
import JSON

/// What changes something through the config API. Decided on an edit; the answer is sent once it is committed.
package enum ConfigWrite: Sendable {
    /// `POST /<type>s`
    case create(type: String, body: JSONValue)
    /// `PUT /<type>/<id>`
    case update(type: String, id: String, body: JSONValue)
    /// `DELETE /<type>/<id>`
    case delete(type: String, id: String)
    /// `POST /ref-update`
    case updateReference(body: JSONValue)
    /// `POST /ref-relax-for-delete`
    case relaxReference(body: JSONValue)
    /// `POST /prop-collection-update`
    case updatePropertyCollection(body: JSONValue)
    /// `POST /useragent-kv` with STORE or DELETE
    case changeUserAgentValue(body: JSONValue)
    /// `POST /virtual-network/<id>/ip-alloc`
    case allocateAddresses(network: String, body: JSONValue)
    /// `POST /virtual-network/<id>/ip-free`
    case freeAddresses(network: String, body: JSONValue)
    /// `POST /chown`
    case changeOwner(body: JSONValue)
    /// `POST /chmod`
    case changeAccess(body: JSONValue)
    /// `POST /set-tag`
    case setTags(body: JSONValue)

    /// Makes the change in the edit.
    ///
    /// - Parameter origin: `http://host:port` as the client addressed the server, for links.
    /// - Returns: the answer to send when the edit is committed.
    /// - Throws: ``ConfigFault``
    package func decide(on edit: inout GraphEdit, origin: String) throws(ConfigFault) -> APIAnswer {
        switch self {
        case .create(let type, let body): try ConfigCreate.perform(type: type, body: body, &edit, origin: origin)
        case .update(let type, let id, let body):
            try ConfigUpdate.perform(type: type, id: id, body: body, &edit, origin: origin)
        case .delete(let type, let id): try ConfigDelete.perform(type: type, id: id, &edit, origin: origin)
        case .updateReference(let body): try ConfigReferenceUpdate.perform(body, &edit)
        case .relaxReference(let body): try ConfigReferenceUpdate.relax(body, &edit)
        case .updatePropertyCollection(let body): try ConfigPropertyUpdate.perform(body, &edit)
        case .changeUserAgentValue(let body): try UserAgentValues.change(body, &edit)
        case .allocateAddresses(let network, let body): try ConfigAddresses.allocate(network, body, &edit)
        case .freeAddresses(let network, let body): try ConfigAddresses.free(network, body, &edit)
        case .changeOwner(let body): try ConfigPermissions.changeOwner(body, &edit)
        case .changeAccess(let body): try ConfigPermissions.changeAccess(body, &edit)
        case .setTags(let body): try ConfigTags.perform(body, &edit)
        }
    }

    /// The members below the type's own key of a body such as `{"virtual-network": {…}}`; the key may also be written
    /// with underscores.
    static func members(of body: JSONValue, _ type: ObjectSchema) -> JSONObject? {
        (body[type.name] ?? body[type.objectType])?.objectValue
    }
}
