import Foundation

/// The thread that owns the connection: makes it, keeps it working, and makes it again with the next member of the list.
enum ConnectionThread {
    /// A session that lasted less counts as a failure, so that a broker which accepts and drops us is not hammered.
    private static let settled = Duration.seconds(5)

    static func start(_ desk: ConnectionDesk, _ configuration: RabbitMQConfiguration) {
        let thread = Thread { run(desk, configuration) }
        thread.name = "skein-broker"
        thread.stackSize = 1 << 20
        thread.start()
    }

    private static func run(_ desk: ConnectionDesk, _ configuration: RabbitMQConfiguration) {
        let endpoints = configuration.endpoints
        var position = 0
        var failures = 0
        var epoch = 0
        if endpoints.isEmpty { desk.feed.failed("no member of the cluster is configured") }
        while !desk.isClosing, !endpoints.isEmpty {
            let endpoint = endpoints[position % endpoints.count]
            let start = ContinuousClock.now
            epoch += 1
            do {
                let connection = try AMQPConnection(endpoint, configuration)
                try ConnectionSession(connection, desk, limits: configuration.limits, epoch: epoch).run()
                desk.disconnected(nil)
            } catch {
                desk.disconnected("\(endpoint): \(error.message)")
            }
            if start.duration(to: .now) > settled { failures = 0 }
            failures += 1
            position += 1
            guard !desk.isClosing, failures % endpoints.count == 0 else { continue }
            pause(
                configuration.limits.reconnectPause.pause(
                    attempt: failures / endpoints.count, chance: Double.random(in: 0...1)), desk)
        }
        desk.finish()
    }

    private static func pause(_ time: Duration, _ desk: ConnectionDesk) {
        let end = ContinuousClock.now + time
        while !desk.isClosing, ContinuousClock.now < end {
            desk.wakeup.wait(atMost: ContinuousClock.now.duration(to: end))
        }
    }
}
