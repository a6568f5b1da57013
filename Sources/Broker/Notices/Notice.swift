import JSON
import Time

/// That an object has changed: what a transaction puts into the outbox beside the change itself, and what becomes the
/// messages for Contrail's ecosystem, for OpenStack's and for Skein's own event history.
package struct Notice: Hashable, Sendable {
    /// What was done to the object.
    package enum Operation: String, Sendable, CaseIterable {
        case create = "CREATE"
        case update = "UPDATE"
        case delete = "DELETE"
        /// The other end of a symmetric reference changed with it.
        case updateImplicit = "UPDATE-IMPLICIT"
    }

    /// How much of it is left.
    package var form = NoticeForm.whole
    /// A UUID in canonical form, by which consumers drop doubles; the same in each try to publish.
    package var id: String
    /// The key of the entry's place in the outbox: notices of one object leave in ascending order of it.
    package var order: String
    /// The type as in the config API's paths, with dashes: `virtual-network`.
    package var objectType: String
    /// The object's UUID in canonical form; also what keeps notices of one object in order.
    package var objectID: String
    package var operation: Operation
    package var fqName: [String]
    /// The request that made the change, `req-…`.
    package var requestID: String
    /// When the change was made.
    package var time: Timestamp
    /// The object as the config API shows it: after a creation, before a deletion; nil for updates.
    package var object: JSONObject?
    /// Ids that the update released, such as `deallocated_vxlan_network_identifier`; Contrail's `extra_dict`.
    package var extra: JSONObject?
    /// Whether Contrail's bus gets a message; false when only a Neutron resource changed that it has no object for.
    package var concernsConfigAPI: Bool
    /// What OpenStack's bus gets, in order; empty when the object is none of Neutron's.
    package var neutronEvents: [NeutronEvent]
    /// Who made the change; nil for changes of the controller itself.
    package var actor: Actor?

    /// An event of Neutron's notification format.
    package struct NeutronEvent: Hashable, Sendable {
        /// Such as `network.create.end`.
        package var type: String
        /// Such as `{"network": {…}}`.
        package var payload: JSONObject
        /// Its place among the events that the notice was made with, from 0; nil while it still has that place. Its message's
        /// id follows from it, and must stay the same when others before it are given up.
        package var number: Int?

        package init(type: String, payload: JSONObject) {
            self.type = type
            self.payload = payload
        }
    }

    /// The caller of the API; what Neutron calls the context. It has no token: a notice is read by many.
    package struct Actor: Hashable, Sendable {
        package var userID: String?
        package var userName: String?
        package var projectID: String?
        package var projectName: String?
        package var userDomainID: String?
        package var projectDomainID: String?
        package var roles: [String]
        package var isAdmin: Bool

        package init(
            userID: String?, userName: String? = nil, projectID: String?, projectName: String? = nil,
            userDomainID: String? = nil, projectDomainID: String? = nil, roles: [String] = [], isAdmin: Bool = false
        ) {
            self.userID = userID
            self.userName = userName
            self.projectID = projectID
            self.projectName = projectName
            self.userDomainID = userDomainID
            self.projectDomainID = projectDomainID
            self.roles = roles
            self.isAdmin = isAdmin
        }
    }

    package init(
        id: String, order: String, objectType: String, objectID: String, operation: Operation, fqName: [String],
        requestID: String, time: Timestamp, object: JSONObject? = nil, extra: JSONObject? = nil,
        concernsConfigAPI: Bool = true, neutronEvents: [NeutronEvent] = [], actor: Actor? = nil
    ) {
        self.id = id
        self.order = order
        self.objectType = objectType
        self.objectID = objectID
        self.operation = operation
        self.fqName = fqName
        self.requestID = requestID
        self.time = time
        self.object = object
        self.extra = extra
        self.concernsConfigAPI = concernsConfigAPI
        self.neutronEvents = neutronEvents
        self.actor = actor
    }
}
