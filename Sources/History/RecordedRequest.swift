/// One request of a load, as its client saw it.
package struct RecordedRequest: Hashable, Sendable {
    /// What was asked.
    package enum Operation: Hashable, Sendable {
        /// Make an object of a unique name.
        case create(name: String)
        /// Write a value to an object.
        case write(register: String, value: String)
        /// Read an object's value.
        case read(register: String)
        /// Make an object that belongs to a set; each element is inserted at most once.
        case insert(set: String, element: String)
        /// Delete an element of a set; each is removed at most once.
        case remove(set: String, element: String)
        /// Ask for all elements of a set.
        case list(set: String)
        /// Put a message that is told by its name into a queue of a broker.
        case publish(queue: String, message: String)
        /// Something that changes nothing and is not checked, such as a list.
        case query(String)

        /// Whether the request changes something.
        package var isWrite: Bool {
            switch self {
            case .create, .write, .insert, .remove, .publish: true
            case .read, .list, .query: false
            }
        }
    }

    /// What came back.
    package enum Outcome: Hashable, Sendable {
        /// The server did it; with the value for a read (nil: there was none) and the new object's id for a create.
        case succeeded(String?)
        /// The server said which elements the set has, in any order.
        case listed([String])
        /// The server said no, and certainly did nothing.
        case refused(status: Int)
        /// No answer, or one that does not tell: it may have been done.
        case unknown(reason: String)
    }

    package var operation: Operation
    /// Which of the service addresses it was sent to, such as a virtual IP; empty when there is only one.
    package var address: String
    /// When it was sent, in microseconds of the client's monotonic clock.
    package var start: Int64
    /// When the answer was there, or the client gave up.
    package var end: Int64
    package var outcome: Outcome

    package init(operation: Operation, address: String = "", start: Int64, end: Int64, outcome: Outcome) {
        self.operation = operation
        self.address = address
        self.start = start
        self.end = end
        self.outcome = outcome
    }

    /// Why a client did not get what it asked for.
    package struct Failure: Hashable, Sendable {
        /// The server said no; otherwise nobody knows what became of the request.
        package var isRefusal: Bool
        /// Such as `status 503`.
        package var reason: String
    }

    /// Nil when the client got what it asked for.
    package var failure: Failure? {
        switch outcome {
        case .succeeded, .listed: nil
        case .refused(let status): Failure(isRefusal: true, reason: "status \(status)")
        case .unknown(let reason): Failure(isRefusal: false, reason: reason)
        }
    }

    /// Whether the client got what it asked for.
    package var succeeded: Bool { failure == nil }
}
