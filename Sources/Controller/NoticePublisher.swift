import Broker
import Logging

/// Publishes notices that were taken out of the outbox together.
struct NoticePublisher: Sendable {
    /// What became of an entry, by its key.
    enum Outcome: Hashable, Sendable {
        /// The broker has all messages of it.
        case confirmed(String)
        /// It has not, or nobody knows.
        case failed(String)
        /// It can never be published, for a reason: it cannot be read, or the broker refuses it for good.
        case refused(String, reason: String)
    }

    private let broker: any MessageBroker
    private let host: String
    private let logger: Logger

    /// - Parameter host: this controller's name, as OpenStack's consumers see it.
    init(broker: any MessageBroker, host: String, logger: Logger) {
        self.broker = broker
        self.host = host
        self.logger = logger
    }

    /// Publishes the entries in parallel, and then the events of all that the broker took, together.
    ///
    /// - Parameter entries: keys and values of the outbox, no two of one object.
    func publish(_ entries: [(key: String, value: [UInt8])]) async -> [Outcome] {
        var outcomes: [Outcome] = []
        var taken: [(key: String, notice: Notice)] = []
        await withTaskGroup(of: (key: String, notice: Notice?, outcome: Outcome).self) { group in
            for (key, value) in entries { group.addTask { await publish(key, value) } }
            for await (key, notice, outcome) in group {
                if let notice { taken.append((key, notice)) } else { outcomes.append(outcome) }
            }
        }
        do throws(BrokerError) {
            for message in Notice.historyMessages(of: taken.map(\.notice)) { try await broker.publish(message) }
            outcomes += taken.map { .confirmed($0.key) }
        } catch {
            logger.debug("the history was not told", metadata: ["notices": "\(taken.count)", "error": "\(error)"])
            outcomes += taken.map { .failed($0.key) }
        }
        return outcomes
    }

    /// Publishes the messages that a notice has for itself, one after the other.
    private func publish(_ key: String, _ value: [UInt8]) async -> (String, Notice?, Outcome) {
        let notice: Notice
        do {
            notice = try Notice(parsing: value)
        } catch {
            logger.error("a notice cannot be read", metadata: ["key": "\(key)", "error": "\(error)"])
            return (key, nil, .refused(key, reason: "it cannot be read: \(error)"))
        }
        for message in notice.messages(host: host) {
            do {
                try await broker.publish(message)
            } catch  where error.code == .invalid {
                logger.error("a notice can never be published", metadata: ["key": "\(key)", "error": "\(error)"])
                return (key, nil, .refused(key, reason: "\(message.exchange): \(error)"))
            } catch {
                logger.debug("a notice was not published", metadata: ["key": "\(key)", "error": "\(error)"])
                return (key, nil, .failed(key))
            }
        }
        return (key, notice, .confirmed(key))
    }
}

extension OutboxSchedule {
    /// What to do after an entry was to be published.
    mutating func learn(_ outcome: NoticePublisher.Outcome) -> [Action] {
        switch outcome {
        case .confirmed(let key): confirmed(key)
        case .failed(let key): failed(key)
        case .refused(let key, _): refused(key)
        }
    }
}
