extension Notice {
    /// All messages that the notice becomes: Contrail's, OpenStack's and the history's. Each carries an id that is the
    /// same whenever the notice is published again.
    ///
    /// - Parameter host: the name of the controller that publishes, for OpenStack's `publisher_id`.
    package func messages(host: String) -> [OutgoingMessage] {
        var messages: [OutgoingMessage] = []
        if concernsConfigAPI { messages.append(contrailMessage) }
        messages += osloMessages(host: host)
        messages.append(
            OutgoingMessage(
                exchange: NoticeTopology.eventsExchange, routingKey: objectType, body: HistoryEvent(self).bytes,
                messageID: id))
        return messages
    }
}
