/// What one edit may grow to, so that no request costs everybody else their answers and nothing can be made that cannot be
/// deleted again. Beyond them an edit throws ``ModelError/Code/tooLarge``, which both APIs answer with 413.
package enum EditLimits {
    /// Most objects that one edit makes, changes and removes. The store takes about 700 of the smallest objects in one
    /// transaction (``Store/StoreLimits/transactionBytes``); deciding 500 takes a tenth of a second.
    package static let objects = 500
    /// Most different objects that one object refers to: each is a key of the store, and all of them must go in the one
    /// transaction that deletes the object.
    package static let references = 4000
    /// The largest JSON, in bytes, of an object or of an event's payload that a notice carries. What is larger is told by
    /// its identity: a delete carries the object twice, for Contrail's consumers and for OpenStack's, and must fit into
    /// the store's transaction however large the object has become. A security group of about 500 rules has 256 KiB.
    package static let noticeBytes = 256 << 10
}
