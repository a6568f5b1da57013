extension Notice {
    /// The messages that the notice becomes by itself: Contrail's and OpenStack's. Each carries an id that is the same
    /// whenever the notice is published again. The history's are ``historyMessages(of:)``.
    ///
    /// - Parameter host: the name of the controller that publishes, for OpenStack's `publisher_id`.
    package func messages(host: String) -> [OutgoingMessage] {
        var messages: [OutgoingMessage] = []
        if concernsConfigAPI { messages.append(contrailMessage) }
        return messages + osloMessages(host: host)
    }

    /// The size in bytes from which on the rest of the events go in another message: 1 MiB.
    static let historyMessageBytes = 1 << 20

    /// The messages that tell the history of these notices: their events, one a line, in as few messages as it takes.
    ///
    /// A message is in the queue of each collector, and there on each member of the cluster: one for every event would
    /// be most of what the brokers do. Each event carries its notice's id, by which the history drops doubles. A notice
    /// that is not whole any more has none.
    package static func historyMessages(of notices: [Notice]) -> [OutgoingMessage] {
        var messages: [OutgoingMessage] = []
        for notice in notices where notice.form == .whole {
            let line = HistoryEvent(notice).bytes + [UInt8(ascii: "\n")]
            if let last = messages.last, last.body.count + line.count <= historyMessageBytes {
                messages[messages.count - 1].body += line
            } else {
                messages.append(
                    OutgoingMessage(
                        exchange: NoticeTopology.eventsExchange, routingKey: "", body: line, messageID: notice.id,
                        contentType: "application/x-ndjson"))
            }
        }
        return messages
    }
}
