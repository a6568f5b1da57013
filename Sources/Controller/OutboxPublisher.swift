import Broker
import Logging
import Model
import ServiceLifecycle
import Store
import Synchronization

/// Takes notices from the outbox to the broker, on one controller at a time.
///
/// What to publish and to remove next is decided by ``Broker/OutboxSchedule``, and what to give up when too many wait by
/// ``Broker/BacklogBound``; this loop feeds them and does what they say. Without a broker everything else goes on, and the
/// notices wait.
package struct OutboxPublisher: Service {
    /// How long an entry that is published may stay in the outbox so that others are removed with it. One that is still
    /// there when the leader dies is published again.
    static let gatheringTime = Duration.milliseconds(150)
    /// From one look for new entries to the next: a broker takes many notices at once for little more than it takes one
    /// for, and whoever reads them does not mind so much delay. The first one after a rest is looked for at once.
    static let pace = Duration.milliseconds(100)

    let service: ConfigService
    let broker: any MessageBroker
    let topology: BrokerTopology
    let notices: NoticePublisher
    let scheduleLimits: OutboxSchedule.Limits
    let backlog: BacklogBound.Limits
    let logger: Logger
    private let node: String

    /// - Parameters:
    ///   - topology: the exchanges and queues that notices go through.
    ///   - node: this controller's name.
    ///   - backlog: how much may wait for the broker before something is given up.
    package init(
        service: ConfigService, broker: any MessageBroker, topology: BrokerTopology, node: String,
        scheduleLimits: OutboxSchedule.Limits = .init(), backlog: BacklogBound.Limits = .init(), logger: Logger
    ) {
        self.service = service
        self.broker = broker
        self.topology = topology
        self.node = node
        self.scheduleLimits = scheduleLimits
        self.backlog = backlog
        notices = NoticePublisher(broker: broker, host: node, logger: logger)
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown { await self.publish() }
    }

    /// The same, until the task is cancelled.
    package func publish() async {
        let election = LeaderElection(task: "outbox", node: node, service: service, logger: logger)
        await election.run { leadership in
            try await PublishingTerm(publisher: self, leadership: leadership).run()
        }
    }
}
