import Addressing

/// Why the model does not allow something. Each API has its own words and status for it.
package struct ModelError: Error, Hashable, CustomStringConvertible {
    /// What kind of reason it is.
    package enum Code: String, Sendable {
        /// There is no such object.
        case notFound
        /// The name, id, address or number is taken.
        case taken
        /// A number that a client has chosen is taken: a VNI, or the number of a security group.
        case numberTaken
        /// The object has children, or others refer to it.
        case inUse
        /// What was asked makes no sense, or breaks a rule.
        case invalid
        /// No address or number is free.
        case exhausted
        /// It is more, or larger, than one request may change.
        case tooLarge
        /// It is about an object that this version cannot read, ``Quarantine``.
        case unreadable
        /// What the store holds cannot be understood.
        case corrupt
    }

    package let code: Code
    package let message: String
    /// The objects that are in the way: the holder of a taken name, the children and referrers of one in use.
    package let objects: [ObjectID]

    package init(_ code: Code, _ message: String, objects: [ObjectID] = []) {
        self.code = code
        self.message = message
        self.objects = objects
    }

    package var description: String { message }
}
