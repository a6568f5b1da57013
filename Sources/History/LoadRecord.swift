/// What a load has recorded, and what was found of its doings afterwards: all that a verdict is made of.
package struct LoadRecord: Hashable, Sendable {
    /// An object that is there.
    package struct PresentObject: Hashable, Sendable {
        package var name: String
        package var id: String

        package init(name: String, id: String) {
            self.name = name
            self.id = id
        }
    }

    package var requests: [RecordedRequest]
    /// The load's objects that are there afterwards.
    package var objects: [PresentObject]
    /// The names of the messages that were in each queue afterwards, in its order.
    package var messages: [String: [String]]

    package init(
        requests: [RecordedRequest], objects: [PresentObject] = [], messages: [String: [String]] = [:]
    ) {
        self.requests = requests
        self.objects = objects
        self.messages = messages
    }

    /// What became of the objects.
    package var objectAudit: ObjectAudit {
        ObjectAudit(of: requests, present: objects.map { ($0.name, $0.id) })
    }

    /// What became of the messages, by queue.
    package var messageAudits: [MessageAudit] {
        messages.sorted { $0.key < $1.key }.map { MessageAudit(queue: $0.key, of: requests, received: $0.value) }
    }
}
